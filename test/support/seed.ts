// One seed for all that tests draw, so that the same commit passes or fails every time. `SEED=random` looks further, `SEED=n`
// brings a printed one back. Loaded before every test file, for the sake of fast-check.

import * as fc from 'fast-check';

const given = process.env['SEED'];

export const SEED: number =
  given === 'random' ? Math.floor(Math.random() * 1_000_000_000) : Number(given ?? 20_261_125);

fc.configureGlobal({ seed: SEED });
