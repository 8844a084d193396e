// Whether work grows with its input or with a power of it, told by a ratio and not by the clock of a busy machine.

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const LEAST_US = 4000;

/** CPU of one call, over as many calls as it takes to be measurable. */
export function cost(run: () => void): number {
  const begun = cpuUs();
  for (let calls = 1; ; calls += 1) {
    run();
    const spent = cpuUs() - begun;
    if (spent >= LEAST_US) return spent / calls;
  }
}

/** How many times dearer `make` makes it to `run` on four times the size: about 4 if steps grow with the size, 16 if with its square. */
export function growth<T>(make: (size: number) => T, run: (input: T) => void, size: number): number {
  const [small, large] = [make(size), make(size * 4)];
  run(large);
  const ratios = [1, 2, 3, 4, 5].map(() => {
    const once = cost(() => run(small));
    return cost(() => run(large)) / once;
  });
  return Math.min(...ratios);
}
