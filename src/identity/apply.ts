// The sole maker of permitted events: what was received, minus all that the plan does not let this destination have. Everything
// here removes, replaces or coarsens; nothing received leaves without having been named by the vocabulary, the plan or the route.

import type { Campaign, Item, ReceivedEvent, Wire } from '../core/event.ts';
import { PermittedEvent } from '../core/permitted.ts';
import type { PermittedData } from '../core/permitted.ts';
import type { Remark } from '../core/treatment.ts';
import type { Scan } from '../detect/event.ts';
import { anonymised, coarseDevice, wholeSecond } from './coarsen.ts';
import { cleanCampaign, cleanItems, cleanName, cleanParams, cleanTitle, cleanTraits } from './content.ts';
import { treatIdentifiers } from './ids.ts';
import { consentOf, narrowed } from './narrow.ts';
import { permittedPerson } from './person.ts';
import type { Plan } from './plan.ts';
import type { Keyring } from './pseudonym.ts';
import { Remarks } from './remarks.ts';

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

/** What all destinations get alike, computed once per event. */
interface Shared {
  readonly name: string;
  readonly title: string | null;
  readonly campaign: Campaign;
  readonly items: readonly Item[];
  readonly device: PermittedData['device'];
  readonly remarks: readonly Remark[];
}

const sharedOf = new WeakMap<Scan, Shared>();

function shared(event: ReceivedEvent, scan: Scan): Shared {
  const known = sharedOf.get(scan);
  if (known !== undefined) return known;
  const remarks = new Remarks();
  const { device } = event;
  if (device.userAgent !== null || device.screen !== null) remarks.add('device', 'coarse_device', 'coarsen');
  if (event.occurredAt % 1000 !== 0) remarks.add('occurredAt', 'coarse_time', 'coarsen');
  const made: Omit<Shared, 'remarks'> = {
    name: cleanName(event, scan, remarks),
    title: cleanTitle(event, scan, remarks),
    campaign: cleanCampaign(event, scan, remarks),
    items: cleanItems(event, scan, remarks),
    device: coarseDevice(device),
  };
  const whole = { ...made, remarks: remarks.list() };
  sharedOf.set(scan, whole);
  return whole;
}

/** Makes of a received event what one destination may have of it. */
export function apply(
  event: ReceivedEvent,
  scan: Scan,
  { plan, context }: { readonly plan: Plan; readonly context: ApplyContext },
): Applied {
  const remarks = new Remarks();
  const same = shared(event, scan);
  for (const { path, rule, treatment } of same.remarks) remarks.add(path, rule, treatment);
  const full = build({ event, scan, plan, context, same, remarks });
  const data = plan.anonymous ? anonymised(full) : full;
  if (plan.anonymous) remarks.add('*', 'anonymous', 'coarsen');
  if (!plan.type.canPlace(data, plan.destination.settings))
    return { refused: 'no_identifier', remarks: remarks.list() };
  return { permitted: PermittedEvent.permit(data), remarks: remarks.list(), fields: fieldsOf(data) };
}

interface Building {
  readonly event: ReceivedEvent;
  readonly scan: Scan;
  readonly plan: Plan;
  readonly context: ApplyContext;
  readonly same: Shared;
  readonly remarks: Remarks;
}

function build({ event, scan, plan, context, same, remarks }: Building): PermittedData {
  const { keyring, eventId } = context;
  const { kept, ...treated } = treatIdentifiers(plan, { event, scan, keyring, remarks });
  // An anonymous event's key comes from our own id, so that nothing of the client's repeats in it.
  const keyed =
    plan.anonymous || event.messageId === null ? `event ${eventId}` : `message ${event.messageId}`;
  const page = scan.page(plan.query);
  for (const rule of page.url.rules)
    remarks.add('page.url', rule, page.url.value === null ? 'strip' : 'replace');
  for (const rule of page.referrer.rules)
    remarks.add('page.referrer', rule, page.referrer.value === null ? 'strip' : 'coarsen');
  return {
    destination: plan.destination.name,
    site: event.site,
    intake: event.intake,
    type: event.type,
    name: same.name,
    key: keyring.eventKey(plan.destination.name, event.site, keyed),
    occurredAt: wholeSecond(event.occurredAt),
    anonymous: plan.anonymous,
    ...treated,
    ...(kept.length > 0 ? { kept } : {}),
    person: permittedPerson(event, plan, { scan, remarks }),
    params: cleanParams(event, plan, { scan, remarks }),
    items: same.items,
    page: { url: page.url.value, title: same.title, referrer: page.referrer.value },
    campaign: same.campaign,
    device: same.device,
    traits: cleanTraits(event, plan, { scan, remarks }),
    consent: consentOf(plan.purposes),
    wire: permittedWire({ event, scan, plan, context, same, remarks }),
  };
}

function permittedWire({ event, scan, plan, context, remarks }: Building): Wire | null {
  const { wire } = event;
  if (wire === null || plan.wire !== wire.protocol) return null;
  const forms = context.wireForms?.(wire.protocol) ?? {};
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(wire.fields)) {
    const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
    if (form?.test(value) === true && scan.text(value).length === 0) fields[name] = value;
    else
      remarks.add(
        form === undefined ? 'wire.*' : `wire.${name}`,
        form === undefined ? 'default_deny' : 'personal_data',
        'strip',
      );
  }
  return { protocol: wire.protocol, fields };
}

const GROUPS = ['ids', 'links', 'person', 'params', 'page', 'campaign', 'device', 'traits'] as const;

function fieldsOf(data: PermittedData): readonly string[] {
  const fields: string[] = [];
  for (const group of GROUPS) {
    for (const [name, value] of Object.entries(data[group])) {
      if (value !== null && value !== undefined) fields.push(`${group}.${name}`);
    }
  }
  if (data.items.length > 0) fields.push('items');
  if (data.wire !== null) fields.push('wire');
  return fields;
}

/**
 * Applies today's plan to a queued event; it only removes. Null if what is left has nothing by which the vendor could place it,
 * which ends the delivery as `withheld` with `no_identifier`.
 */
export function narrow(permitted: PermittedEvent, plan: Plan): PermittedEvent | null {
  const data = narrowed(permitted.data, plan);
  return plan.type.canPlace(data, plan.destination.settings) ? PermittedEvent.permit(data) : null;
}
