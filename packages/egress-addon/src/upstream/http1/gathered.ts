/** The bytes of a head or a line that has not come to its end. */
export interface Gathered {
  /** What was kept, with `chunk` after it; nothing is kept any more. */
  join(chunk: Buffer): Buffer;
  /** Keeps what of the joined bytes is at `from` and after it, where the end is not. */
  keep(bytes: Buffer, from: number): void;
  /** Where `end` is in the joined bytes, at `from` or after it; -1 if it is not there. What was looked through before is not looked through again. */
  find(bytes: Buffer, end: string, from: number): number;
}

const nothing = Buffer.alloc(0);

/** What comes byte by byte costs no more than a few copies of each: the room for it doubles. */
export function createGathered(): Gathered {
  let room: Buffer = nothing;
  let kept = 0;
  let seen = 0;
  return {
    join(chunk) {
      seen = kept;
      if (kept === 0) return chunk;
      const length = kept + chunk.length;
      if (length > room.length) {
        const larger = Buffer.allocUnsafe(2 * length);
        room.copy(larger, 0, 0, kept);
        room = larger;
      }
      chunk.copy(room, kept);
      kept = 0;
      return room.subarray(0, length);
    },
    keep(bytes, from) {
      // What is in the room from its start goes on growing there.
      if (from > 0 || seen === 0) room = Buffer.from(bytes.subarray(from));
      kept = bytes.length - from;
    },
    find(bytes, end, from) {
      const at = bytes.indexOf(end, from === 0 ? Math.max(0, seen - end.length + 1) : from, "latin1");
      // The room for a long head is not held on to while a connection rests.
      if (at !== -1) room = nothing;
      return at;
    },
  };
}
