// What no recording may tell: what is typed on the pages, what the pages say of persons, and ids of other systems; and in which
// modes of the site the recorder itself tells it. Words start with letters that stand nowhere else, so that three of them are proof.

/** How far the site itself has the recorder mask. */
export type Mode = 'strict' | 'balanced' | 'relaxed';
/** How far the gateway's route lets a recording speak. */
export type Text = 'strict' | 'balanced';

export interface Secret {
  readonly value: string;
  /** `typed`: each beginning of each of its words counts, too. `id`: its halves do. `planted`: the whole does, or its name before `@`. */
  readonly kind: 'typed' | 'planted' | 'id';
  /** Modes in which the recorder tells it, in whatever form: that the oracle sees it there is what proves the oracle. */
  readonly told: readonly Mode[];
  /** Routes that hide it. Default: all. */
  readonly hidden?: readonly Text[];
}

const ALL: readonly Mode[] = ['strict', 'balanced', 'relaxed'];
const NOT_STRICT: readonly Mode[] = ['balanced', 'relaxed'];
const RELAXED: readonly Mode[] = ['relaxed'];
const NEVER: readonly Mode[] = [];

const typed = (value: string, told: readonly Mode[]): Secret => ({ value, kind: 'typed', told });
const planted = (value: string, told: readonly Mode[]): Secret => ({ value, kind: 'planted', told });
const id = (value: string): Secret => ({ value, kind: 'id', told: ALL });

/** Typed key by key. Of what stands in plain inputs the recorder tells the checksum only, in every mode. */
export const TYPED = {
  text: typed('Qvexlorn Dzubwik', ALL),
  email: typed('Wzykral@Jqxmail.example', ALL),
  password: typed('Hx7!krvZp02', NEVER),
  card: typed('4111111111111111', ALL),
  iban: typed('NL91ABNA0417164300', ALL),
  citizen: typed('111222333', ALL),
  phone: typed('+31612345678', ALL),
  unmarked: typed('Pjofqua Xvtrix', ALL),
  mirrored: typed('Ygwolt Bxrfex KZ84 Qhenno', ALL),
  synchronised: typed('Tgxulov', ALL),
  reflected: typed('Rqzavi Lxowtek', ALL),
  shown: typed('Vj4?wqBxe', NEVER),
  becomesText: typed('Wnqter#Kq55z', ALL),
  edited: typed('Uxjvar Tsqoob DE89370400440532013000 Fwydex', NOT_STRICT),
  shadowInput: typed('Ewkjubol', NEVER),
  shadowEdited: typed('Ovzqit Xjarnul', NOT_STRICT),
  frameInput: typed('Jbqwexim', ALL),
  frameEdited: typed('Izqpol Gvuuxat', NOT_STRICT),
  later: typed('Zkwyrup Qjibbo', NOT_STRICT),
  pasted: typed('5500005555555559', ALL),
  chosen: typed('Rdqxil-Vjqaz', ALL),
} as const satisfies Readonly<Record<string, Secret>>;

/** What the pages themselves say of persons. */
export const PLANTED = {
  tagName: planted('tagname.zqyx@mail.example', ALL),
  tagValue: planted('tagval.qorlu@mail.example', ALL),
  listedTagValue: planted('listed.qvorx@mail.example', ALL),
  identified: planted('ident.wuxelq@people.example', ALL),
  friendlyName: planted('Fjrqold Bzwikkel', ALL),
  eventName: planted('evname.xujq@mail.example', ALL),
  eventValue: planted('evval.qkozu@mail.example', ALL),
  listedEventValue: planted('evlist.qtubx@mail.example', ALL),
  error: planted('error.zolvqu@mail.example', ALL),
  query: planted('query.jvexqo@mail.example', ALL),
  fragment: planted('tkFragQz81LmXw93RtBv20', ALL),
  routeQuery: planted('route.kwebqi@mail.example', ALL),
  title: planted('title.boxuqe@mail.example', ALL),
  titleName: { ...planted('Xanqelo Vrubekh', ALL), hidden: ['strict'] },
  mailto: planted('mailto.txozq@mail.example', ALL),
  tel: planted('+31687654321', ALL),
  hiddenInput: planted('hdTokenZq7783kfwe92LqPx', NEVER),
  described: planted('aria.pjuzqi@mail.example', ALL),
  framed: planted('srcdoc.vluxq@mail.example', ALL),
  css: planted('css.kwobqa@mail.example', ALL),
  adoptedCss: planted('adopted.jyxoq@mail.example', ALL),
  className: planted('class.vbuzqe@mail.example', ALL),
  handler: planted('onclick.ruqzo@mail.example', ALL),
  data: planted('data.fpojqu@mail.example', NOT_STRICT),
  svg: planted('svg.ruzxqe@mail.example', NOT_STRICT),
  image: planted('image.twexqo@mail.example', NOT_STRICT),
  textOfRelaxed: planted('text.gyvoqu@mail.example', RELAXED),
  region: planted('region.qaxju@mail.example', ALL),
} as const satisfies Readonly<Record<string, Secret>>;

/** In cookies of the visitor, and echoed by the pages in texts, attributes, names and addresses. */
export const IDS = {
  ga: id('1837402915.1763900001'),
  hubspot: id('9f0c3d7be2a14586b0d1c2e3f4a59687'),
  fbp: id('fb.1.1764000222333.1098765437'),
} as const satisfies Readonly<Record<string, Secret>>;

export const COOKIES: Readonly<Record<string, string>> = {
  _ga: `GA1.1.${IDS.ga.value}`,
  hubspotutk: IDS.hubspot.value,
  _fbp: IDS.fbp.value,
};

/** By what they are. */
export const SECRETS: readonly (readonly [name: string, Secret])[] = [
  ...Object.entries(TYPED),
  ...Object.entries(PLANTED),
  ...Object.entries(IDS),
];

/** Words of the pages that say nothing of anybody. They stay where both site and route let them. */
export const HARMLESS = ['Lantern', 'harbour', 'pilots', 'Galoshes'] as const;
/** Of the one tag and the one event that the route lists, and what addresses keep: these stay in every mode. */
export const LISTED = ['Pewter', 'signup', 'utm_source=mail', 'row badge'] as const;
