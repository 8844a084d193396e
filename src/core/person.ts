// Person fields: what every vendor can join on. Removed everywhere unless a route names the field, the notice
// discloses it and consent covers it.

export const PERSON_FIELDS = [
  'email',
  'phone',
  'first_name',
  'last_name',
  'full_name',
  'street',
  'postal_code',
  'city',
  'region',
  'birthday',
  'gender',
  'company',
  'ip',
  'user_agent',
] as const;

export type PersonField = (typeof PERSON_FIELDS)[number];
