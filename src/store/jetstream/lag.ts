// Looks whether what follows a stream keeps up with the stream's leader. A consumer reads the copy on its own server, which may have
// stopped following the others without saying so: seen on 2.9.10 after another server was killed.

/** From one look to the next. */
const LOOK_MS = 2_000;

export interface LagPorts {
  /** Sequence number of the last message that came. */
  at(): number;
  /** That of the last message that the leader has. */
  last(): Promise<number>;
  /** What the leader had a look ago is not here, and nothing came since. */
  lags(): void;
}

export class LagWatch {
  readonly #ports: LagPorts;
  readonly #timer: NodeJS.Timeout;
  #before: { readonly at: number; readonly last: number } | null = null;
  #last = 0;

  constructor(ports: LagPorts, everyMs = LOOK_MS) {
    this.#ports = ports;
    this.#timer = setInterval(() => void this.#look(), everyMs).unref();
  }

  /** Messages that the leader had at the last look that was answered, and that have not come. */
  get behind(): number {
    return Math.max(0, this.#last - this.#ports.at());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const before = this.#before;
    const at = this.#ports.at();
    this.#before = null;
    if (before !== null && before.at === at && before.last > at) this.#ports.lags();
    try {
      this.#last = await this.#ports.last();
      this.#before = { at, last: this.#last };
    } catch {
      // Nobody answers: then nothing can be said.
    }
  }
}
