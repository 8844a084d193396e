// Random numbers that can be had again: a test prints its seed, and the seed brings the same test back.

/** Uniform in [0, 1), by a linear congruence over 32 bits. */
export function draws(seed: number): () => number {
  let state = (seed ^ 0x9e37_79b9) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
