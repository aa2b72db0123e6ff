/** Runs one thing after the other. */
export interface Exclusive {
  /** Waits for its turn. Disposing gives it to the next. */
  enter(): Promise<Disposable>;
}

/** A queue in the order of asking. */
export function createExclusive(): Exclusive {
  let last: Promise<void> = Promise.resolve();
  return {
    async enter() {
      const before = last;
      const turn = Promise.withResolvers<void>();
      last = turn.promise;
      await before;
      return { [Symbol.dispose]: () => turn.resolve() };
    },
  };
}
