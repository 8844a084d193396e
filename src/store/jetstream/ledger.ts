// The ledger of a replicated store: a stream that owners of partitions write and every gateway reads. Each line says where it came
// from (partition and sequence number), so that what is told twice around a takeover is read once.

import type { FetchOptions, OrderedConsumerOptions, StreamState } from '@nats-io/jetstream';
import type { LedgerEntry } from '../../core/delivery.ts';
import { isObject } from '../../core/json.ts';
import type { EntriesQuery } from '../../core/ports.ts';
import { decodeEntries } from '../ledgerEntries.ts';
import { parse } from '../shape.ts';
import { asUnavailable } from './connection.ts';
import type { LogLine } from './message.ts';
import { isLogLine } from './message.ts';

export interface ToldLine extends LogLine {
  /** `<partition>.<sequence>.<position>`: what it was read from. */
  readonly from: string;
}

/** Messages read at once, newest first. */
const PAGE = 200;
const READ_MS = 2_000;

interface Read {
  readonly seq: number;
  readonly info: { readonly pending: number };
  string(): string;
}

interface Reading {
  fetch(options: FetchOptions): Promise<AsyncIterable<Read>>;
}

/** What is used of the client. */
export interface LedgerReader {
  readonly js: {
    readonly consumers: { get(stream: string, options: Partial<OrderedConsumerOptions>): Promise<Reading> };
  };
  readonly jsm: {
    readonly streams: {
      info(
        stream: string,
      ): Promise<{ readonly state: Pick<StreamState, 'messages' | 'first_seq' | 'last_seq'> }>;
      purge(stream: string, options: { readonly seq: number }): Promise<unknown>;
    };
  };
  readonly stream: string;
}

/** Rows that the query asks for, newest first. */
export async function readEntries(
  reader: LedgerReader,
  query: EntriesQuery,
  limit: number,
): Promise<readonly LedgerEntry[]> {
  const { first_seq, last_seq, messages } = (await reader.jsm.streams.info(reader.stream)).state;
  const entries: LedgerEntry[] = [];
  const seen = new Set<string>();
  if (messages === 0) return entries;
  for (let to = last_seq; to >= first_seq && entries.length < limit; to -= PAGE) {
    const page = await readPage(reader, Math.max(first_seq, to - PAGE + 1), to);
    for (const message of page.reverse())
      for (const line of linesOf(message.string()).reverse()) {
        if (seen.has(line.from)) continue;
        seen.add(line.from);
        entries.push(...decodeEntries({ id: 0, at: line.at, entries: line.entries }, query));
      }
  }
  return entries.slice(0, limit);
}

/** Messages from one sequence number to another that are still there, in order; throws unless it has read up to the end. */
async function readPage({ js, stream }: LedgerReader, from: number, to: number): Promise<Read[]> {
  const consumer = await js.consumers.get(stream, {
    deliver_policy: 'by_start_sequence',
    opt_start_seq: from,
    inactive_threshold: 5_000,
  });
  const found: Read[] = [];
  const messages = await consumer.fetch({ max_messages: to - from + 1, expires: READ_MS });
  for await (const message of messages) {
    if (message.seq <= to) found.push(message);
    if (message.seq >= to || message.info.pending === 0) return found;
  }
  // What was not read must not be taken for what is not there: pruning would drop it.
  throw asUnavailable(null);
}

/** Drops messages whose lines are all from before an instant, from the oldest on. */
export async function pruneLedger(reader: LedgerReader, before: number): Promise<void> {
  const { first_seq, last_seq, messages } = (await reader.jsm.streams.info(reader.stream)).state;
  if (messages === 0) return;
  let keepFrom = first_seq;
  for (let from = first_seq; from <= last_seq; from += PAGE) {
    const page = await readPage(reader, from, Math.min(last_seq, from + PAGE - 1));
    const young = page.find((message) => linesOf(message.string()).some(({ at }) => at >= before));
    keepFrom = young?.seq ?? from + PAGE;
    if (young !== undefined) break;
  }
  if (keepFrom > first_seq)
    await reader.jsm.streams.purge(reader.stream, { seq: Math.min(keepFrom, last_seq + 1) });
}

function linesOf(text: string): ToldLine[] {
  const value = parse(text);
  return Array.isArray(value) ? value.filter(isToldLine) : [];
}

const isToldLine = (value: unknown): value is ToldLine =>
  isObject(value) && typeof value['from'] === 'string' && isLogLine(value);
