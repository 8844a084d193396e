// What a session recording is to the gateway: uploads of a page visit, each cleaned in passing and never kept. A format (Clarity,
// rrweb) is one file and one registry line in recording/; it is pure, and all it has to remember of a visit is given to it.

import type { ConsentInput } from './consent.ts';
import type { Identifier } from './event.ts';
import type { System } from './identifiers/kind.ts';
import type { IntakeRoute, SiteHints } from './plugin.ts';
import type { Remark } from './treatment.ts';

/** How far one route lets a recording speak. What was typed is masked whatever it says. */
export interface RecordingRules {
  /** `strict`: all text of the page is masked. `balanced`: words stay, scrubbed of whatever looks personal. */
  readonly text: 'strict' | 'balanced';
  /** Names of tags whose values leave, scrubbed; other tags do not. */
  readonly tags: readonly string[];
  /** Names of custom events that leave. */
  readonly events: readonly string[];
  /** Query names that addresses keep besides campaign words. */
  readonly query: readonly string[];
  /** Canonical origins of the site: their hosts are config, not data. */
  readonly origins: readonly string[];
  /** May the whole user agent leave? Otherwise its versions are cut and its device goes. */
  readonly userAgent: boolean;
  /** Ids that the visitor's cookies hold, by `<system>.<kind>`: none but the recorder's own may stand anywhere in what leaves. */
  readonly known: readonly (readonly [name: string, value: string])[];
  /** The pairwise id that stands for one of the recorder's own, in its form. `name`: `<system>.<kind>`. */
  readonly pseudonym: (name: string, value: string) => string;
}

/** What is remembered of one page visit to clean its next upload: a tree of its nodes, without a text of theirs. */
export interface VisitMemory {
  /** What it takes, by estimate. */
  readonly bytes: number;
  /** May something have been typed by now? Then a page that comes after it in the session may show it as its own text. */
  readonly typed: boolean;
}

export interface CleanedUpload {
  /** What may leave, as text; null: nothing of it, since an id of the visitor's still stood in it after all. */
  readonly body: string | null;
  readonly remarks: readonly Remark[];
}

/** One upload, read but not cleaned. */
export interface RecordingUpload {
  readonly hints: SiteHints;
  /** The project at the vendor that it says it belongs to; null where the format has none. */
  readonly project: string | null;
  /** Names its page visit among all. Made of raw ids, so it is told nobody. */
  readonly visit: string;
  /** Names the session of the visit in the same way. */
  readonly session: string;
  /** Its place within the visit, from 1. */
  readonly sequence: number;
  readonly last: boolean;
  /** Raw address of the page, or null. */
  readonly page: string | null;
  /** Raw address of the page before, where the format tells it: it may be a sensitive one. Default: not told. */
  readonly referrer?: string | null;
  /** Further addresses that it was recorded at, raw: the last upload of a visit may name the next page. Default: none. */
  readonly otherPages?: readonly string[];
  /** How much time it covers. */
  readonly durationMs: number;
  /** The recorder's own ids of the visitor. */
  readonly ids: readonly Identifier[];
  /**
   * What of it may leave under these rules. Changes `memory`. Cleaning the same upload again gives the same. If it throws, `memory`
   * is worth nothing any more.
   */
  clean(rules: RecordingRules, memory: VisitMemory): CleanedUpload;
}

export interface RecordingFormat {
  /** Also the `intake` label of metrics. */
  readonly name: string;
  readonly system: System | null;
  readonly routes: readonly IntakeRoute[];
  /** The largest body that is read, after decompression. */
  readonly bodyBytes: number;
  /** What its client reads as the end of the recording. Default: Clarity's own word, as text. */
  readonly ended?: { readonly type: string; readonly text: string };
  /** Throws `GatewayError` for what is no upload of this format. */
  open(body: Uint8Array): RecordingUpload;
  /** Memory of a visit whose first upload is at hand. */
  begin(): VisitMemory;
  /** Memory of a visit of which earlier uploads were not seen: whatever hangs on what it does not know is masked. */
  unseen(): VisitMemory;
}

/** One upload as it came in: all that is known of it, as plain data, so that another thread may take it. */
export interface ReceivedUpload {
  /** Name of its format. */
  readonly format: string;
  /** Unpacked. */
  readonly body: Uint8Array;
  readonly packed: boolean;
  readonly site: string;
  /** Where consent may stand: cookies, query and headers. What the recorder itself says of consent is no evidence. */
  readonly consent: ConsentInput;
  /** As an event of the same request would have them: the recorder's own and, if the site says `cookies: true`, those of cookies. */
  readonly ids: readonly Identifier[];
  readonly otherIds: readonly Identifier[];
  /** See `RecordingRules.known`. Of every site: they are searched for, and used for nothing else. */
  readonly known: RecordingRules['known'];
  /** Origin of the page, one that the site lists; null where nothing tells it. */
  readonly origin: string | null;
  /** Address of the page as the browser tells it; null where it does not. */
  readonly referer: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** Wall clock ms. */
  readonly receivedAt: number;
}

/** An upload as it came in, and opened. */
export interface UploadCall {
  readonly received: ReceivedUpload;
  readonly format: RecordingFormat;
  readonly upload: RecordingUpload;
}

/** What its client is told; plain data, too. */
export interface UploadAnswer {
  readonly status: number;
  readonly text: string;
}

/** The recorder stops at this word. Status 4xx would do the same, and 5xx have it send everything again. */
export const END: UploadAnswer = Object.freeze({ status: 200, text: 'END' });
