/** A place on a roll. */
export interface Entry<T> {
  readonly item: T;
  /** Where it stands; -1 once it has left. */
  place: number;
}

/**
 * What is under way, in no order. A Set of what comes and goes with each request would do, but for the tables that it leaves behind: each
 * leads to the next, and so to all that was ever in it, until the whole heap is collected.
 */
export class Roll<T> implements Iterable<T> {
  readonly #entries: Entry<T>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  enter(item: T): Entry<T> {
    const entry = { item, place: this.#entries.length };
    this.#entries.push(entry);
    return entry;
  }

  /** Once is enough; more does nothing. */
  leave(entry: Entry<T>): void {
    const { place } = entry;
    if (place === -1) return;
    entry.place = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#entries[place] = last;
    last.place = place;
  }

  /** Those that are on it now. */
  entries(): readonly Entry<T>[] {
    return [...this.#entries];
  }

  /** Over those that are on it now, whoever leaves meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return this.#entries.map(({ item }) => item)[Symbol.iterator]();
  }
}
