// Person fields by the names clients give them. What is recognised moves into `person` and is gone from parameters and
// traits, at any depth: nothing that names a person may pass as a mere parameter.

import { isObject } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { PersonField } from '../core/person.ts';
import { byPlainName, firstMembers, isEmpty, object, text, textOrNumber } from './value.ts';

export type Person = Partial<Record<PersonField, string>>;

/** Names without case, `_`, `-`, `.` and blanks. */
const FIELDS: ReadonlyMap<string, PersonField> = new Map(
  Object.entries({
    email: ['email', 'emailaddress', 'mail', 'useremail', 'customeremail'],
    phone: [
      'phone',
      'phonenumber',
      'telephone',
      'telephonenumber',
      'tel',
      'mobilephone',
      'mobilenumber',
      'cellphone',
    ],
    first_name: ['firstname', 'givenname'],
    last_name: ['lastname', 'familyname', 'surname'],
    full_name: ['fullname'],
    street: ['street', 'streetaddress', 'address1', 'addressline1'],
    postal_code: ['postalcode', 'postcode', 'zip', 'zipcode'],
    city: ['city'],
    region: ['region'],
    birthday: ['birthday', 'birthdate', 'dateofbirth', 'dob'],
    gender: ['gender'],
    company: ['company', 'companyname'],
    ip: ['ip', 'ipaddress', 'ipoverride'],
    user_agent: ['useragent'],
  } satisfies Record<PersonField, readonly string[]>).flatMap(
    ([field, names]) => names.map((name) => [name, field as PersonField] as const), // keys are checked by `satisfies`
  ),
);

/** Names that mean a person only among traits or in an address: a product has a name, an order a state. */
const TRAIT_FIELDS: ReadonlyMap<string, PersonField> = new Map([
  ['name', 'full_name'],
  ['state', 'region'],
]);

/** Removed and not kept: no vendor has a place for them, or what they hold is hashed already. */
const REMOVED: ReadonlySet<string> = new Set([
  'address',
  'address2',
  'addressline2',
  'billingaddress',
  'shippingaddress',
  'userdata',
  'useragentdata',
  'latitude',
  'longitude',
  'password',
  'creditcard',
  'cardnumber',
  'cvc',
  'cvv',
  'iban',
  'bic',
  'ssn',
  'bsn',
]);

/** What a name means, by the place it stands in: null for the names of nothing personal, which nearly all are. */
interface NameRole {
  /** What `name` itself could say, wherever it stands. */
  readonly isName: boolean;
  readonly isAddress: boolean;
  readonly removed: boolean;
  /** The field it has anywhere. */
  readonly field: PersonField | null;
  /** The field it has among traits. */
  readonly trait: PersonField | null;
}

const roleOf = byPlainName((plain): NameRole | null => {
  const field = FIELDS.get(plain) ?? null;
  const trait = field ?? TRAIT_FIELDS.get(plain) ?? null;
  const removed = REMOVED.has(plain);
  return trait === null && !removed
    ? null
    : { isName: plain === 'name', isAddress: plain === 'address', removed, field, trait };
});

const LONGEST_VALUE = 512;

const FORMS: Readonly<Partial<Record<PersonField, RegExp>>> = {
  email: /@/,
  phone: /\d(?:\D*\d){5}/,
};

/** Takes a field unless an earlier place gave it or the value cannot be one (a digest under `email`, say). */
export function take(person: Person, field: PersonField, value: unknown): void {
  const written = textOrNumber(value);
  if (written === null || written.length > LONGEST_VALUE || person[field] !== undefined) return;
  if (FORMS[field]?.test(written) === false) return;
  person[field] = written;
}

function takeAddress(person: Person, address: Json): void {
  if (!isObject(address)) return take(person, 'street', address);
  for (const [name, value] of Object.entries(address)) {
    const role = roleOf(name);
    if (role !== null && role.trait !== null && !role.isName) take(person, role.trait, value);
  }
}

/** Where an object stands decides what `name` and `state` mean in it. The mailbox of a group is not the visitor's. */
export type Place = 'traits' | 'group' | 'properties';

/** Takes one member; false where it is nothing personal and stays. */
function takeMember(
  person: Person,
  role: NameRole,
  { value, place }: { value: Json; place: Place },
): boolean {
  const field =
    place === 'group' && role.isName ? 'company' : place === 'properties' ? role.field : role.trait;
  if (place === 'group' && (role.isAddress || (field !== null && field !== 'company'))) return true;
  if (field !== null)
    take(person, field, field === 'company' && isObject(value) ? (value['name'] ?? null) : value);
  else if (role.isAddress) takeAddress(person, value);
  else return role.removed;
  return true;
}

/** Moves person fields out of an object into `person`; the rest comes back, the object itself where nothing moved. */
export function splitPerson(person: Person, from: JsonObject, place: Place): JsonObject {
  let rest: Record<string, Json> | null = null;
  let same = 0;
  for (const name in from) {
    const value = from[name] ?? null;
    const role = roleOf(name);
    const gone = role !== null && takeMember(person, role, { value, place });
    const kept = gone ? null : withoutPerson(value);
    if (rest === null && (gone || kept !== value)) rest = firstMembers(from, same);
    if (rest === null) same += 1;
    else if (!gone) rest[name] = kept;
  }
  return rest ?? from;
}

const isPersonal = (name: string): boolean => {
  const role = roleOf(name);
  return role !== null && (role.field !== null || role.removed);
};

/** Nested values lose person fields but give none: whose they are is unknown. Clean values come back as they are. */
export function withoutPerson(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  return isObject(value) ? objectWithoutPerson(value) : listWithoutPerson(value);
}

function listWithoutPerson(list: readonly Json[]): readonly Json[] {
  let rest: Json[] | null = null;
  for (let index = 0; index < list.length; index += 1) {
    const entry = list[index] ?? null;
    const kept = withoutPerson(entry);
    if (rest === null && kept !== entry) rest = list.slice(0, index);
    rest?.push(kept);
  }
  return rest ?? list;
}

function objectWithoutPerson(object: JsonObject): JsonObject {
  let rest: Record<string, Json> | null = null;
  let same = 0;
  for (const name in object) {
    const member = object[name] ?? null;
    const gone = isPersonal(name);
    const kept = gone ? null : withoutPerson(member);
    if (rest === null && (gone || kept !== member)) rest = firstMembers(object, same);
    if (rest === null) same += 1;
    else if (!gone) rest[name] = kept;
  }
  return rest ?? object;
}

const USER_DATA: Readonly<Record<string, PersonField>> = {
  email: 'email',
  email_address: 'email',
  phone_number: 'phone',
  phone: 'phone',
  first_name: 'first_name',
  last_name: 'last_name',
  street: 'street',
  city: 'city',
  region: 'region',
  postal_code: 'postal_code',
};

/** Google's user-provided data, where it is plain; hashed values are dropped, they can only be passed on as they are. */
export function takeUserData(person: Person, data: Json | undefined): void {
  if (!isObject(data)) return;
  for (const [name, value] of Object.entries(data)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (name === 'address') takeUserData(person, first);
    else if (Object.hasOwn(USER_DATA, name)) takeUserDataField(person, name, first);
  }
}

/** One field by its last name: `email` of `ep.user_data.email`, `city` of `ep.user_data.address.city`. */
export function takeUserDataField(person: Person, name: string, value: unknown): void {
  const field = Object.hasOwn(USER_DATA, name) ? USER_DATA[name] : undefined;
  if (field !== undefined) take(person, field, text(value));
}

/** The traits of a call and those its context repeats, the call's own first. */
export function splitTraits(
  person: Person,
  own: { readonly traits: Json | undefined; readonly place: Place },
  repeated: Json | undefined,
): JsonObject {
  const rest = splitPerson(person, object(own.traits), own.place);
  const more = splitPerson(person, object(repeated), 'traits');
  if (isEmpty(rest)) return more;
  return isEmpty(more) ? rest : { ...more, ...rest };
}

/** Address and user agent are person fields too. */
export function withSurface(person: Person, ip: string | null, agent: string | null): Person {
  if (ip !== null) person.ip = ip;
  if (agent !== null) person.user_agent = agent;
  return person;
}
