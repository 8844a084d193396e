// What one transaction does to memory: changes take effect at once and are undone if the commit fails; what must not be seen
// before the commit waits for it. Keeps memory and files saying the same.

export class Turn {
  #undo: (() => void)[] = [];
  #after: (() => void)[] = [];

  /** To be run, newest first, if the transaction fails. */
  onFailure(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** To be run, oldest first, once it is durable. */
  onCommit(after: () => void): void {
    this.#after.push(after);
  }

  failed(): void {
    this.#undo.reverse().forEach((undo) => undo());
  }

  committed(): void {
    this.#after.forEach((after) => after());
  }
}
