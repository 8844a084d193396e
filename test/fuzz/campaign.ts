// Spoiled requests by the thousand against a running gateway: made from a seed, sent many at once, every answer judged.

import type { Dice } from './dice.ts';
import { dice } from './dice.ts';
import type { Draft } from './drafts.ts';
import { shapes } from './drafts.ts';
import * as spoil from './spoil.ts';
import * as spoilBody from './spoilBody.ts';
import type { Door } from './verdict.ts';
import { faultsOf } from './verdict.ts';
import type { Manner } from './wire.ts';
import { exchange, MANNERS, written } from './wire.ts';

export interface Ports {
  readonly public: number;
  readonly admin: number;
}

export interface CampaignOptions {
  readonly ports: Ports;
  readonly seed: number;
  readonly requests: number;
  readonly atOnce: number;
  /** A signed record of this gateway. */
  readonly record: string;
  /** No request is begun after this instant of `performance.now()`. */
  readonly until: number;
}

export interface Campaign {
  readonly sent: number;
  readonly answered: number;
  readonly statuses: ReadonlyMap<number, number>;
  /** What was wrong, with the beginning of the request. At most twenty. */
  readonly faults: readonly string[];
}

interface Volley {
  readonly door: Door;
  readonly drafts: readonly Draft[];
  readonly manner: Manner;
}

function spoiled(draft: Draft, spoils: readonly spoil.Spoil[], by: Dice): Draft {
  const times = by.pick([1, 1, 2, 3, 5]);
  for (let time = 0; time < times; time += 1) by.pick(spoils)(draft, by);
  if (by.once(400)) spoilBody.large(draft, by);
  return draft;
}

/** One request alone, or several in one breath. */
function volleys(record: string): (by: Dice) => Volley {
  const { open, admin } = shapes(record);
  const spoils = [
    spoil.method,
    spoil.version,
    spoil.target,
    spoil.host,
    spoil.origin,
    spoil.header,
    spoil.header,
    spoil.lines,
    spoil.framing,
    spoilBody.bytes,
    spoilBody.encoding,
    spoilBody.json,
    spoilBody.json,
    spoilBody.json,
    spoilBody.consent(record),
    spoilBody.consent(record),
    spoil.cookies(record),
    spoil.cookies(record),
  ];
  return (by) => {
    const door: Door = by.once(25) ? 'admin' : 'public';
    const one = (): Draft => spoiled(door === 'admin' ? admin(by) : open(by), spoils, by);
    const count = by.once(8) ? 2 + by.below(4) : 1;
    const manner = by.once(4) ? by.pick(MANNERS) : 'whole';
    return { door, manner, drafts: Array.from({ length: count }, one) };
  };
}

const describe = (asked: string): string => JSON.stringify(asked.slice(0, 600));

/** Runs until the requests are sent or the time is up. */
export async function campaign(options: CampaignOptions): Promise<Campaign> {
  const next = volleys(options.record);
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  let [sent, answered, number] = [0, 0, 0];

  const fire = async (by: Dice): Promise<void> => {
    const { door, drafts, manner } = next(by);
    sent += drafts.length;
    const bytes = Buffer.concat(drafts.map(written));
    const asked = bytes.toString('latin1');
    const got = await exchange({ port: options.ports[door], bytes, manner, answers: drafts.length });
    answered += got.length;
    for (const answer of got) {
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const wrong = faultsOf(answer, door, asked);
      if (wrong.length > 0 && faults.length < 20)
        faults.push(`${wrong.join('; ')}: ${describe(asked)} → ${describe(answer.text)}`);
    }
  };
  const line = async (): Promise<void> => {
    while (sent < options.requests && performance.now() < options.until) {
      number += 1;
      await fire(dice(options.seed + number));
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, line));
  return { sent, answered, statuses, faults };
}
