// What several destinations get alike, made once per event: words and items for all of them, parameters, traits and page for
// those whose routes list the same names.

import type { Campaign, Item, Page, ReceivedEvent } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';
import type { PermittedData } from '../core/permitted.ts';
import type { Remark } from '../core/treatment.ts';
import type { Scan } from '../detect/event.ts';
import type { Brought } from './brought.ts';
import { broughtWith } from './brought.ts';
import { coarseDevice } from './coarsen.ts';
import { cleanCampaign, cleanItems, cleanName, cleanParams, cleanTitle, cleanTraits } from './content.ts';
import { fieldsIn } from './fields.ts';
import type { Opened } from './mac.ts';
import { NamedId } from './named.ts';
import type { Plan } from './plan.ts';
import type { Keyring } from './pseudonym.ts';
import { Remarks } from './remarks.ts';

export interface Content {
  readonly params: JsonObject;
  readonly traits: JsonObject;
  readonly page: Page;
  readonly remarks: readonly Remark[];
  /** Names of the fields that leave with it, and of those that leave everywhere. */
  readonly fields: readonly string[];
}

/** One event with all that is asked about it for every destination. */
export interface Shared {
  readonly event: ReceivedEvent;
  readonly scan: Scan;
  /** Identifiers that come with this event alone. */
  readonly once: readonly NamedId[];
  /** What its visitor brings along. */
  readonly brought: Brought;
  readonly name: string;
  readonly campaign: Campaign;
  readonly items: readonly Item[];
  readonly device: PermittedData['device'];
  readonly remarks: readonly Remark[];
  /** By what the route lists. */
  content(plan: Plan): Content;
  /** Its message, for the keys that it has at each destination; null: the client named none. */
  openedBy(keyring: Keyring): Opened | null;
}

/**
 * Held by whoever judges the event and by nobody else: a table from scans to this, weak as it was, kept every event alive until
 * the next full collection (measured: 9 KB of each).
 */
export function share(event: ReceivedEvent, scan: Scan, periodMs: number): Shared {
  const remarks = new Remarks();
  const { device } = event;
  if (device.userAgent !== null || device.screen !== null) remarks.add('device', 'coarse_device', 'coarsen');
  if (event.occurredAt % 1000 !== 0) remarks.add('occurredAt', 'coarse_time', 'coarsen');
  const brought = broughtWith(event, scan, periodMs);
  const title = cleanTitle(event, scan, remarks);
  const contents: { readonly listed: string; readonly made: Content }[] = [];
  const { messageId } = event;
  let opened: Opened | null = null;
  const same = {
    name: cleanName(event, scan, remarks),
    campaign: cleanCampaign(event, scan, remarks),
    items: cleanItems(event, scan, remarks),
    device: coarseDevice(device),
  };
  return {
    event,
    scan,
    once: onceNamed(event, scan, brought),
    brought,
    ...same,
    remarks: remarks.list(),
    content: (plan) => {
      const { listed } = plan;
      for (const known of contents) if (known.listed === listed) return known.made;
      const made = contentOf(event, plan, { scan, title, ...same });
      contents.push({ listed, made });
      return made;
    },
    // All destinations of one event are asked about under one keyring.
    openedBy: (keyring) =>
      messageId === null ? null : (opened ??= keyring.openedEvent(event.site, `message ${messageId}`)),
  };
}

const onceNamed = ({ occurredAt }: ReceivedEvent, { once }: Scan, { periods }: Brought): readonly NamedId[] =>
  once.map((id) => new NamedId(id, periods.of(id, occurredAt)));

function contentOf(
  event: ReceivedEvent,
  plan: Plan,
  given: Pick<Shared, 'campaign' | 'items' | 'device'> & {
    readonly scan: Scan;
    readonly title: string | null;
  },
): Content {
  const { scan, title } = given;
  const remarks = new Remarks();
  const { url, referrer } = scan.page(plan.query);
  for (const rule of url.rules) remarks.add('page.url', rule, url.value === null ? 'strip' : 'replace');
  for (const rule of referrer.rules)
    remarks.add('page.referrer', rule, referrer.value === null ? 'strip' : 'coarsen');
  const params = cleanParams(event, plan, { scan, remarks });
  const traits = cleanTraits(event, plan, { scan, remarks });
  const page = { url: url.value, title, referrer: referrer.value };
  const fields: string[] = [];
  fieldsIn('params', params, fields);
  fieldsIn('page', page, fields);
  fieldsIn('campaign', given.campaign, fields);
  fieldsIn('device', given.device, fields);
  fieldsIn('traits', traits, fields);
  if (given.items.length > 0) fields.push('items');
  return { params, traits, page, remarks: remarks.list(), fields };
}
