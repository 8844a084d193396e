// The sole maker of permitted events: what was received, minus all that the plan does not let this destination have. Everything
// here removes, replaces or coarsens; nothing received leaves without having been named by the vocabulary, the plan or the route.

import type { Wire } from '../core/event.ts';
import { PermittedEvent } from '../core/permitted.ts';
import type { PermittedData } from '../core/permitted.ts';
import type { Remark } from '../core/treatment.ts';
import type { Treated } from './brought.ts';
import { anonymised, wholeSecond } from './coarsen.ts';
import { fieldsOf } from './fields.ts';
import { treatIdentifiers } from './ids.ts';
import { narrowed } from './narrow.ts';
import type { Plan } from './plan.ts';
import type { Keyring } from './pseudonym.ts';
import { Remarks } from './remarks.ts';
import type { Shared } from './shared.ts';

export interface ApplyContext {
  readonly keyring: Keyring;
  /** Our own id of the event. */
  readonly eventId: string;
  /** Forms of a protocol's wire fields, from its registry entry; fields of a protocol without forms do not leave. */
  readonly wireForms?: (protocol: string) => Readonly<Record<string, RegExp>> | undefined;
}

export type Applied =
  | {
      readonly permitted: PermittedEvent;
      readonly remarks: readonly Remark[];
      /** Names of the fields that leave (`ids.ga.client_id`, `page.url`), for the ledger. */
      readonly fields: readonly string[];
    }
  | { readonly refused: 'no_identifier' | 'unjoinable'; readonly remarks: readonly Remark[] };

/** Makes of a received event what one destination may have of it. */
export function apply(
  same: Shared,
  { plan, context }: { readonly plan: Plan; readonly context: ApplyContext },
): Applied {
  const remarks = new Remarks();
  remarks.addAll(same.remarks);
  const brought = same.brought.treatedBy(plan, { scan: same.scan, keyring: context.keyring });
  const full = build({ plan, context, same, brought, remarks });
  const data = plan.anonymous ? anonymised(full) : full;
  if (plan.anonymous) remarks.add('*', 'anonymous', 'coarsen');
  if (!plan.type.canPlace(data, plan.destination.settings))
    return { refused: 'no_identifier', remarks: remarks.list() };
  const fields = plan.anonymous ? fieldsOf(data) : fieldsOfAll(same, { plan, brought, data });
  return { permitted: PermittedEvent.permit(data), remarks: remarks.list(), fields };
}

interface Building {
  readonly plan: Plan;
  readonly context: ApplyContext;
  readonly same: Shared;
  readonly brought: Treated;
  readonly remarks: Remarks;
}

function build(building: Building): PermittedData {
  const { plan, context, same, remarks } = building;
  const { event, scan } = same;
  const { keyring, eventId } = context;
  const { brought } = building;
  remarks.addAll(brought.remarks);
  const { once } = same;
  const own = once.length === 0 ? null : treatIdentifiers(plan, { ids: once, scan, keyring, remarks });
  const content = same.content(plan);
  remarks.addAll(content.remarks);
  // An anonymous event's key comes from our own id, so that nothing of the client's repeats in it.
  const opened =
    (plan.anonymous ? null : same.openedBy(keyring)) ?? keyring.openedEvent(event.site, `event ${eventId}`);
  const data: { -readonly [K in keyof PermittedData]: PermittedData[K] } = {
    destination: plan.destination.name,
    site: event.site,
    intake: event.intake,
    type: event.type,
    name: same.name,
    key: keyring.eventKey(plan.destination.name, opened),
    occurredAt: wholeSecond(event.occurredAt),
    anonymous: plan.anonymous,
    ids: own === null ? brought.ids : { ...brought.ids, ...own.ids },
    links: brought.links,
    person: brought.person,
    params: content.params,
    items: same.items,
    page: content.page,
    campaign: same.campaign,
    device: same.device,
    traits: content.traits,
    consent: plan.consent,
    wire: permittedWire(building),
  };
  const kept = own === null || own.kept.length === 0 ? brought.kept : [...brought.kept, ...own.kept];
  if (kept.length > 0) data.kept = kept;
  return data;
}

function permittedWire({ same, plan, context, remarks }: Building): Wire | null {
  const { scan } = same;
  const { wire } = same.event;
  if (wire === null || plan.wire !== wire.protocol) return null;
  const forms = context.wireForms?.(wire.protocol) ?? {};
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(wire.fields)) {
    const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
    if (form?.test(value) === true && scan.text(value).length === 0) fields[name] = value;
    else if (form === undefined) remarks.once('wire.*', 'default_deny', 'strip');
    else remarks.add(`wire.${name}`, 'personal_data', 'strip');
  }
  return { protocol: wire.protocol, fields };
}

const NONE: readonly string[] = [];

/** What leaves of a full event: what its visitor brings along, what it has of its own, and what others get alike. */
function fieldsOfAll(
  same: Shared,
  { plan, brought, data }: Pick<Building, 'plan' | 'brought'> & { readonly data: PermittedData },
): readonly string[] {
  let own: readonly string[] = NONE;
  for (const { name, path } of same.once) if (Object.hasOwn(data.ids, name)) own = [...own, path]; // one, as a rule
  const fields = brought.fields.concat(own, same.content(plan).fields);
  return data.wire === null ? fields : [...fields, 'wire'];
}

/**
 * Applies today's plan to a queued event; it only removes. Null if what is left has nothing by which the vendor could place it,
 * which ends the delivery as `withheld` with `no_identifier`.
 */
export function narrow(permitted: PermittedEvent, plan: Plan): PermittedEvent | null {
  const data = narrowed(permitted.data, plan);
  return plan.type.canPlace(data, plan.destination.settings) ? PermittedEvent.permit(data) : null;
}
