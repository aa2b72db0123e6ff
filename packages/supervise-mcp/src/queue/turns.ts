/** Runs one work after the other, in the order of asking. One that fails is not in the way of the next. */
export interface Turns {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Once all that was asked for so far is over. */
  idle(): Promise<void>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(work) {
      const mine = last.then(work);
      last = mine.catch(() => undefined);
      return mine;
    },
    idle: async () => void await last,
  };
}
