// Random consents: what a request carries about the visitor's choice, and beside it what that choice says, as the oracle is to
// understand it. Every format that the gateway reads, contradictions, old notices, age, the future, and garbage.

import { TCModel, TCString } from '@iabtechlabtcf/core';
import type { ConsentRecord } from '../../src/core/ports.ts';
import type { Draw } from './random.ts';
import { DAY, EXPLICIT, PURPOSES } from './routing.ts';
import type { RoutingModel, SiteModel } from './routing.ts';
import { vendorListOf } from '../support/vendorList.ts';

export type Answer = 'granted' | 'denied';

/** What one signal says. */
export interface SignalModel {
  readonly source: string;
  readonly answers: Readonly<Record<string, Answer>>;
  /** Purposes it names, so that it can grant explicit ones. */
  readonly named: readonly string[];
  /** Vendors that a TC string grants; null: it does not speak of vendors. */
  readonly vendors: readonly number[] | null;
  /** Instant, or null where the signal has no date. */
  readonly at: number | null;
  /** A notice that it names itself. */
  readonly notice: string | null;
}

/** Where the signals stand in a request. */
export interface ConsentParts {
  readonly consent: Readonly<Record<string, unknown>>;
  readonly consentManagement: unknown;
  readonly cookies: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

export interface ConsentModel {
  readonly signals: readonly SignalModel[];
  /** `context.consent.{notice, givenAt}`. */
  readonly label: { readonly notice: string | null; readonly at: number | null } | null;
  readonly parts: ConsentParts;
  /** A plain yes to everything, given an hour ago to the gateway itself. */
  readonly clear: boolean;
}

export interface ConsentSetting {
  readonly routing: RoutingModel;
  readonly site: SiteModel;
  readonly now: number;
  /** Is the signal read from `context.consent`, which only the native API has? */
  readonly native: boolean;
  /** Comes under a server key. */
  readonly fromServer: boolean;
  issue(record: ConsentRecord): string;
}

const NO_PARTS: ConsentParts = { consent: {}, consentManagement: null, cookies: [], headers: {}, query: {} };

interface Signal {
  readonly model: SignalModel;
  readonly parts: Partial<ConsentParts>;
}

type Maker = (draw: Draw, setting: ConsentSetting) => Signal;

const signal = (
  source: string,
  answers: SignalModel['answers'],
  more: Partial<SignalModel> = {},
): SignalModel => ({
  source,
  answers,
  named: [],
  vendors: null,
  at: null,
  notice: null,
  ...more,
});

/** Some time under one of the notices, now, long ago, or in the future; never near a notice's first day. */
function someTime(draw: Draw, { routing, now }: ConsentSetting): number {
  const kind = draw.fraction();
  if (kind < 0.55) return now - draw.int(1, 40) * 3_600_000;
  if (kind < 0.9) return draw.pick(routing.notices).from + draw.int(3, 70) * DAY;
  if (kind < 0.96) return now - draw.int(400, 900) * DAY;
  return now + draw.int(20, 90) * DAY;
}

const yes = (draw: Draw): boolean => draw.chance(0.8);

function choice(draw: Draw, purposes: readonly string[]): Record<string, boolean> {
  return Object.fromEntries(draw.some(purposes, 0.9).map((purpose) => [purpose, yes(draw)]));
}

const answersOf = (given: Readonly<Record<string, boolean>>): Record<string, Answer> =>
  Object.fromEntries(Object.entries(given).map(([purpose, said]) => [purpose, said ? 'granted' : 'denied']));

/** Answers by the mapping: all categories granted grants, any refused refuses. */
function mapped(source: string, says: (category: string) => Answer | undefined, { routing }: ConsentSetting) {
  const answers: Record<string, Answer> = {};
  for (const [purpose, categories] of Object.entries(routing.mapping[source] ?? {})) {
    const each = categories.map(says);
    if (each.includes('denied')) answers[purpose] = 'denied';
    else if (each.every((one) => one === 'granted')) answers[purpose] = 'granted';
  }
  return answers;
}

const categoriesOf = (source: string, { routing }: ConsentSetting): readonly string[] => [
  ...new Set(Object.values(routing.mapping[source] ?? {}).flat()),
];

/** Every explicit purpose has a category of its own in these files. */
const namedOf = (answers: Readonly<Record<string, Answer>>): readonly string[] =>
  Object.keys(answers).filter((purpose) => answers[purpose] === 'granted' && EXPLICIT.includes(purpose));

const everything = (answer: Answer): Record<string, Answer> =>
  Object.fromEntries(PURPOSES.map((purpose) => [purpose, answer]));

const signedRecord: Maker = (draw, setting) => {
  const at = someTime(draw, setting);
  const under = setting.routing.notices.filter(({ from }) => from <= at);
  const notice = draw.chance(0.85)
    ? (under.at(-1) ?? setting.routing.notices[0])
    : draw.pick(setting.routing.notices);
  const given = choice(draw, PURPOSES);
  const otherSite = draw.chance(0.05);
  const token = setting.issue({
    id: draw.alnum(22),
    site: otherSite ? 'clinic-of-old' : setting.site.name,
    notice: notice?.id ?? 'n-1',
    givenAt: at,
    purposes: given,
  });
  const forged = draw.chance(0.05);
  const written = forged ? `${token.slice(0, -2)}AA` : token;
  const bad = otherSite || (forged && written !== token);
  const answers = bad ? everything('denied') : answersOf(given);
  return {
    model: signal('record', answers, { named: bad ? [] : PURPOSES, at, notice: notice?.id ?? 'n-1' }),
    parts:
      setting.native && draw.chance(0.5)
        ? { consent: { record: written } }
        : { cookies: [`sluis_consent=${written}`] },
  };
};

const statedRecord: Maker = (draw, setting) => {
  const at = draw.chance(0.8) ? someTime(draw, setting) : null;
  const notice = draw.chance(0.8) ? draw.pick(setting.routing.notices).id : null;
  const given = choice(draw, PURPOSES);
  const record = {
    id: draw.alnum(12),
    ...(notice === null ? {} : { notice }),
    ...(at === null ? {} : { givenAt: draw.chance(0.5) ? new Date(at).toISOString() : at }),
    purposes: given,
  };
  const proven = setting.fromServer || setting.site.inline;
  return {
    model: signal('record', answersOf(given), { named: proven ? PURPOSES : [], at, notice }),
    parts: { consent: { record } },
  };
};

const list = (ids: readonly number[], id: number): boolean => ids.includes(id);
const VENDORS = Array.from({ length: 900 }, (_, index) => index + 1);
const vendorList = vendorListOf({ ids: VENDORS, purposes: [1, 2, 3, 4, 5, 6], flexible: [] });

const tcf: Maker = (draw, setting) => {
  const day = Math.floor(someTime(draw, setting) / DAY) * DAY;
  const model = new TCModel(vendorList);
  const consents = Array.from({ length: 10 }, (_, index) => index + 1).filter(() => draw.chance(0.9));
  const asked = setting.routing.destinations.flatMap(({ tcf: id }) => (id === null ? [] : [id]));
  const vendors = asked.filter(() => draw.chance(0.85));
  const disclosed = asked.filter(() => draw.chance(0.95));
  model.cmpId = 300;
  model.cmpVersion = 1;
  model.policyVersion = 5;
  model.isServiceSpecific = true;
  model.purposeConsents.set(consents);
  model.purposeLegitimateInterests.set([7, 8, 9, 10]);
  model.vendorConsents.set(vendors);
  model.vendorLegitimateInterests.set(asked);
  model.vendorsDisclosed.set(disclosed);
  model.created = new Date(day);
  model.lastUpdated = new Date(day);
  const broken = draw.chance(0.06);
  const text = broken ? `${TCString.encode(model).slice(0, 30)}!` : TCString.encode(model);
  const answers = broken
    ? Object.fromEntries(
        Object.keys(setting.routing.mapping['tcf'] ?? {}).map((purpose) => [purpose, 'denied' as const]),
      )
    : mapped('tcf', (category) => (list(consents, Number(category)) ? 'granted' : 'denied'), setting);
  return {
    model: signal('tcf', answers, { vendors: vendors.filter((id) => list(disclosed, id)), at: day }),
    parts:
      setting.native && draw.chance(0.6)
        ? { consent: { tcf: text } }
        : { query: { gdpr: '1', gdpr_consent: text } },
  };
};

const gcm: Maker = (draw, setting) => {
  const given = Object.fromEntries(
    draw
      .some(
        ['analytics_storage', 'ad_storage', 'ad_user_data', 'ad_personalization', 'personalization_storage'],
        0.9,
      )
      .map((type) => [type, yes(draw) ? 'granted' : 'denied']),
  );
  const answers = mapped('gcm', (category) => given[category] as Answer | undefined, setting); // one of the two above
  return { model: signal('gcm', answers), parts: { consent: { gcm: given } } };
};

const segment: Maker = (draw, setting) => {
  const given = choice(draw, categoriesOf('segment', setting));
  const answers = mapped('segment', (category) => (given[category] === true ? 'granted' : 'denied'), setting);
  return {
    model: signal('segment', answers, { named: namedOf(answers) }),
    parts: { consent: { categoryPreferences: given } },
  };
};

const rudderstack: Maker = (draw, setting) => {
  const all = categoriesOf('rudderstack', setting);
  const allowed = all.filter(() => yes(draw));
  const denied = all.filter((each) => !allowed.includes(each));
  const answers = mapped(
    'rudderstack',
    (category) => (allowed.includes(category) ? 'granted' : 'denied'),
    setting,
  );
  return {
    model: signal('rudderstack', answers),
    parts: {
      consentManagement: { provider: 'custom', allowedConsentIds: allowed, deniedConsentIds: denied },
    },
  };
};

const encoded = (value: unknown): string => encodeURIComponent(JSON.stringify(value));

const cookieconsent: Maker = (draw, setting) => {
  const accepted = categoriesOf('cookieconsent', setting).filter(() => yes(draw));
  const at = draw.chance(0.85) ? someTime(draw, setting) : null;
  const cookie = {
    categories: ['necessary', ...accepted],
    revision: 1,
    data: null,
    consentId: draw.uuid(),
    services: {},
    ...(at === null
      ? {}
      : { consentTimestamp: new Date(at).toISOString(), lastConsentTimestamp: new Date(at).toISOString() }),
  };
  const answers = mapped(
    'cookieconsent',
    (category) => (accepted.includes(category) ? 'granted' : 'denied'),
    setting,
  );
  return {
    model: signal('cookieconsent', answers, { named: namedOf(answers), at }),
    parts: { cookies: [`cc_cookie=${encoded(cookie)}`] },
  };
};

const onetrust: Maker = (draw, setting) => {
  const at = someTime(draw, setting);
  const groups = ['C0001', ...categoriesOf('onetrust', setting)].map((group) => ({
    group,
    on: group === 'C0001' || yes(draw),
  }));
  const text = groups.map(({ group, on }) => `${group}:${on ? 1 : 0}`).join(',');
  const answers = mapped(
    'onetrust',
    (category) => (groups.some(({ group, on }) => group === category && on) ? 'granted' : 'denied'),
    setting,
  );
  return {
    model: signal('onetrust', answers, { at }),
    parts: {
      cookies: [
        `OptanonConsent=${encodeURIComponent(`isGpcEnabled=0&version=202501.1.0&landingPath=NotLandingPage&interactionCount=1&groups=${encodeURIComponent(text)}`)}`,
        `OptanonAlertBoxClosed=${encodeURIComponent(new Date(at).toISOString())}`,
      ],
    },
  };
};

const cookiebot: Maker = (draw, setting) => {
  const at = someTime(draw, setting);
  const given = Object.fromEntries(
    ['preferences', 'statistics', 'marketing'].map((each) => [each, yes(draw)]),
  );
  const fields = Object.entries(given).map(([name, said]) => `${name}:${said}`);
  const text = `{stamp:'${draw.alnum(20)}',necessary:true,${fields.join(',')},method:'explicit',ver:1,utc:${at},region:'nl'}`;
  const answers = mapped(
    'cookiebot',
    (category) => (given[category] === true ? 'granted' : 'denied'),
    setting,
  );
  return {
    model: signal('cookiebot', answers, { at }),
    parts: { cookies: [`CookieConsent=${encodeURIComponent(text)}`] },
  };
};

const klaro: Maker = (draw, setting) => {
  const given = choice(draw, categoriesOf('klaro', setting));
  const says = (category: string): Answer | undefined => answersOf(given)[category];
  return {
    model: signal('klaro', mapped('klaro', says, setting)),
    parts: { cookies: [`klaro=${encoded(given)}`] },
  };
};

const gpc: Maker = () => ({
  model: signal('gpc', {
    marketing: 'denied',
    profiling: 'denied',
    recording: 'denied',
    audience_matching: 'denied',
    automated_decisions: 'denied',
  }),
  parts: { headers: { 'sec-gpc': '1' } },
});

const garbage: Maker = (draw) => ({
  model: signal('record', everything('denied')),
  parts: {
    consent: { record: draw.pick([`v1.k1.${draw.alnum(40)}`, 17, { purposes: 'all' }, ['analytics']]) },
  },
});

const NATIVE: readonly Maker[] = [statedRecord, gcm, segment, rudderstack, garbage];
const ANYWHERE: readonly Maker[] = [
  signedRecord,
  signedRecord,
  tcf,
  cookieconsent,
  onetrust,
  cookiebot,
  klaro,
];

function joined(signals: readonly Signal[]): ConsentParts {
  return signals.reduce<ConsentParts>(
    (all, { parts }) => ({
      consent: { ...all.consent, ...parts.consent },
      consentManagement: parts.consentManagement ?? all.consentManagement,
      cookies: [...all.cookies, ...(parts.cookies ?? [])],
      headers: { ...all.headers, ...parts.headers },
      query: { ...all.query, ...parts.query },
    }),
    NO_PARTS,
  );
}

/** Only signals with a place of their own: two in one place would be one. */
function withoutClash(signals: readonly Signal[]): readonly Signal[] {
  const taken = new Set<string>();
  return signals.filter(({ model }) => {
    if (taken.has(model.source)) return false;
    taken.add(model.source);
    return true;
  });
}

function clearYes(setting: ConsentSetting): ConsentModel {
  const { routing, now, site } = setting;
  const notice = routing.notices.at(-1)?.id ?? '';
  const at = now - 3_600_000;
  const purposes = Object.fromEntries(PURPOSES.map((purpose) => [purpose, true]));
  const token = setting.issue({ id: `r-${at}`, site: site.name, notice, givenAt: at, purposes });
  return {
    signals: [signal('record', everything('granted'), { named: PURPOSES, at, notice })],
    label: null,
    parts: { ...NO_PARTS, cookies: [`sluis_consent=${token}`] },
    clear: true,
  };
}

export function randomConsent(draw: Draw, setting: ConsentSetting): ConsentModel {
  if (draw.chance(0.35)) return clearYes(setting);
  const count = draw.pick([0, 1, 1, 1, 2, 2, 3]);
  const from = setting.native ? [...NATIVE, ...ANYWHERE] : ANYWHERE;
  const makers = [
    ...Array.from({ length: count }, () => draw.pick(from)),
    ...(draw.chance(0.08) ? [gpc] : []),
  ];
  const signals = withoutClash(makers.map((make) => make(draw, setting)));
  const label =
    setting.native && draw.chance(0.3)
      ? {
          notice: draw.chance(0.6) ? draw.pick(setting.routing.notices).id : null,
          at: draw.chance(0.7) ? someTime(draw, setting) : null,
        }
      : null;
  const parts = joined(signals);
  const labelled =
    label === null
      ? {}
      : {
          ...(label.notice === null ? {} : { notice: label.notice }),
          ...(label.at === null ? {} : { givenAt: new Date(label.at).toISOString() }),
        };
  return {
    signals: signals.map(({ model }) => model),
    label: label !== null && label.notice === null && label.at === null ? null : label,
    parts: { ...parts, consent: { ...parts.consent, ...labelled } },
    clear: false,
  };
}
