/** Bytes that pile up until there are enough of them. */
export interface Pile {
  readonly length: number;
  append(bytes: Uint8Array): void;
  /** All of it; valid until the next call. */
  bytes(): Buffer;
  /** Takes so many bytes off its front. */
  drop(count: number): void;
}

const smallest = 4 * 1024;

/** An empty pile. Pieces are copied together: a client that sends single bytes would else cost a hundred times their size. */
export function createPile(): Pile {
  let store = Buffer.alloc(0);
  let length = 0;
  return {
    get length() {
      return length;
    },
    append(bytes) {
      if (length + bytes.length > store.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(smallest, 2 * store.length, length + bytes.length));
        store.copy(larger, 0, 0, length);
        store = larger;
      }
      store.set(bytes, length);
      length += bytes.length;
    },
    bytes: () => store.subarray(0, length),
    drop(count) {
      store.copyWithin(0, count, length);
      length -= count;
      if (length === 0) store = Buffer.alloc(0);
    },
  };
}
