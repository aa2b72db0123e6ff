/** Who wants to hear of a change, by what changes. */
export interface Listeners {
  /** Disposing ends it. */
  on(id: string, listener: () => void): Disposable;
  tell(id: string): void;
}

export function createListeners(): Listeners {
  const listeners = new Map<string, ReadonlySet<() => void>>();
  return {
    on(id, listener) {
      // One of its own, so that the same function may listen twice.
      const mine = (): void => listener();
      listeners.set(id, new Set([...listeners.get(id) ?? [], mine]));
      return {
        [Symbol.dispose]() {
          const others = new Set([...listeners.get(id) ?? []].filter((one) => one !== mine));
          if (others.size === 0) listeners.delete(id);
          else listeners.set(id, others);
        },
      };
    },
    tell(id) {
      for (const listener of listeners.get(id) ?? []) listener();
    },
  };
}
