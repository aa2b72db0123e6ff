import { Readable } from "node:stream";
import { createPile } from "./pile.ts";

// A signature over a body, or over a part of it, goes out before that body. Many clients at once must not fill the memory with them.
const mostHeld = 128 * 1024 * 1024;
let held = 0;

/** A share of the memory that all bodies waiting for their signature may take together. Release it when the body has gone. */
export interface HeldBytes extends Disposable {
  /** Takes so many bytes more. @returns whether there was room; if not, nothing is taken */
  take(bytes: number): boolean;
  /** Gives so many of the taken bytes back. */
  giveBack(bytes: number): void;
}

/** A share that may grow up to `most` bytes. */
export function holdBytes(most: number): HeldBytes {
  let own = 0;
  const giveBack = (bytes: number): void => {
    const given = Math.min(bytes, own);
    own -= given;
    held -= given;
  };
  return {
    take(bytes) {
      if (own + bytes > most || held + bytes > mostHeld) return false;
      own += bytes;
      held += bytes;
      return true;
    },
    giveBack,
    [Symbol.dispose]: () => giveBack(own),
  };
}

/** Reads a body whole. @returns `undefined` if there is no room for it; the rest is then left */
export async function collect(body: Readable | null, room: HeldBytes): Promise<Buffer | undefined> {
  const pile = createPile();
  try {
    for await (const chunk of body ?? []) {
      const piece: Buffer = chunk;
      if (!room.take(piece.length)) {
        room[Symbol.dispose]();
        return undefined;
      }
      pile.append(piece);
    }
  } catch (error) {
    room[Symbol.dispose]();
    throw error;
  }
  return pile.bytes();
}

/** A body that was collected, to be sent; its room is free again when it has gone. */
export function send(whole: Buffer, room: HeldBytes): Readable | null {
  if (whole.length > 0) return Readable.from([whole], { objectMode: false }).once("close", () => room[Symbol.dispose]());
  room[Symbol.dispose]();
  return null;
}
