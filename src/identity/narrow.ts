// Applies today's plan to an event that was permitted under an earlier one. It only ever removes: what the earlier plan took away
// is gone, and what today's forbids goes now.

import type { Page, Wire } from '../core/event.ts';
import { pick } from '../core/json.ts';
import { COMMON_PARAMS, eventEntry } from '../core/vocabulary.ts';
import type { PermittedConsent, PermittedData } from '../core/permitted.ts';
import type { Purpose } from '../core/consent.ts';
import { anonymised } from './coarsen.ts';
import type { IdRule, LinkPlan, Plan } from './plan.ts';

/** Consent as Google's fields say it, from the purposes granted and disclosed. */
export const consentOf = (purposes: readonly Purpose[]): PermittedConsent => {
  const marketing = purposes.includes('marketing');
  return { purposes, adUserData: marketing, adPersonalization: marketing && purposes.includes('profiling') };
};

const only = <T>(record: Readonly<Record<string, T>>, stays: (name: string) => boolean): Record<string, T> =>
  pick(record, (_, name) => stays(name));

/** A raw value stays only where raw is still allowed; a pseudonym also where a pseudonym is. */
const allows = (rule: IdRule | undefined, raw: boolean): boolean =>
  rule !== undefined && rule.treatment !== 'strip' && (rule.treatment === 'keep' || !raw);

export function narrowed(data: PermittedData, plan: Plan): PermittedData {
  if (plan.anonymous || data.anonymous) return anonymised(data);
  const raw = new Set(data.kept);
  const ids = only(data.ids, (name) =>
    name === plan.ids.standIn?.name && !raw.has(name)
      ? true
      : allows(plan.ids.rules.get(name), raw.has(name)),
  );
  const links = only(data.links, (name) => plan.links.some((link) => stillLinked(link, name, raw)));
  const known: readonly string[] = eventEntry(data.name)?.params ?? [];
  const { kept: _, ...rest } = data;
  const kept = [...raw].filter((name) =>
    name.startsWith('links.') ? Object.hasOwn(links, name.slice(6)) : Object.hasOwn(ids, name),
  );
  return {
    ...rest,
    ids,
    links,
    ...(kept.length > 0 ? { kept } : {}),
    person: only(data.person, (field) => [...plan.person].some((each) => each === field)),
    params: only(
      data.params,
      (name) =>
        plan.params.has(name) ||
        (name !== 'search_term' && (known.includes(name) || COMMON_PARAMS.some((common) => common === name))),
    ),
    traits: only(data.traits, (name) => plan.params.has(name)),
    page: narrowedPage(data.page, plan.query),
    consent: consentOf(plan.consent.purposes.filter((purpose) => data.consent.purposes.includes(purpose))),
    wire: narrowedWire(data.wire, plan),
  };
}

function stillLinked(link: LinkPlan, name: string, raw: ReadonlySet<string>): boolean {
  const isRaw = raw.has(`links.${name}`);
  for (const [kind, rule] of link.from.rules) {
    if (!kind.startsWith(`${link.system}.`)) continue;
    if ((name === link.as || name === kind.replace('.', '_')) && allows(rule, isRaw)) return true;
  }
  return !isRaw && name === link.from.standIn?.name.replace('.', '_');
}

const narrowedWire = (wire: Wire | null, plan: Plan): Wire | null =>
  wire?.protocol === plan.wire ? wire : null;

function narrowedPage(page: Page, query: readonly string[]): Page {
  return { ...page, url: withoutQuery(page.url, query), referrer: withoutQuery(page.referrer, query) };
}

/** Drops query names that today's route does not list; the address is clean already. */
function withoutQuery(url: string | null, query: readonly string[]): string | null {
  const mark = url?.indexOf('?') ?? -1;
  if (url === null || mark < 0) return url;
  const pairs = url.slice(mark + 1).split('&');
  const kept = pairs.filter(
    (pair) =>
      pair.startsWith('utm_') || query.some((name) => pair.startsWith(`${encodeURIComponent(name)}=`)),
  );
  return kept.length === 0 ? url.slice(0, mark) : `${url.slice(0, mark)}?${kept.join('&')}`;
}
