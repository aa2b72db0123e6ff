import type { TLSSocket } from "node:tls";

/** A whole answer: its head and the start of its body, as text, and how long the body was. */
export interface Answer {
  readonly head: string;
  readonly start: string;
  readonly bodyBytes: number;
}

/** Sends requests over one connection, one at a time. */
export interface Exchanger {
  /** @throws Error if the connection ends, or the answer has no length */
  ask(request: Buffer | string): Promise<Answer>;
  /** Body bytes that came so far. */
  readonly received: number;
  /** Leaves the connection to another reader. */
  release(): void;
}

// Enough for the path that an answer repeats.
const startBytes = 64;

export function createExchanger(socket: TLSSocket): Exchanger {
  let waiting: PromiseWithResolvers<Answer> | undefined;
  let head = "";
  let start = "";
  let length = -1;
  let got = 0;
  let received = 0;
  let pending: Buffer | undefined;
  const fail = (message: string): void => {
    waiting?.reject(new Error(message));
    waiting = undefined;
    socket.destroy();
  };
  const takeBody = (chunk: Buffer): void => {
    if (start.length < startBytes) start += chunk.toString("latin1", 0, startBytes - start.length);
    got += chunk.length;
    received += chunk.length;
    if (got < length) return;
    if (got > length || waiting === undefined) return fail("bench: more was answered than was asked for");
    const done = waiting;
    const answer = { head, start, bodyBytes: got };
    waiting = undefined;
    head = start = "";
    length = -1;
    got = 0;
    done.resolve(answer);
  };
  const onData = (chunk: Buffer): void => {
    if (length >= 0) return takeBody(chunk);
    const bytes = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    const end = bytes.indexOf("\r\n\r\n");
    pending = end === -1 ? bytes : undefined;
    if (end === -1) return;
    head = bytes.toString("latin1", 0, end);
    length = Number(/\r\ncontent-length: *([0-9]+)/i.exec(head)?.[1] ?? -1);
    if (length < 0) return fail(`bench: an answer without a length: ${head}`);
    takeBody(bytes.subarray(end + 4));
  };
  const onClose = (): void => fail("bench: the connection was closed");
  socket.on("data", onData).once("close", onClose);
  return {
    get received() {
      return received;
    },
    release: () => void socket.off("data", onData).off("close", onClose),
    ask(request) {
      waiting = Promise.withResolvers<Answer>();
      if (socket.destroyed) fail("bench: the connection was closed");
      else socket.write(request);
      return waiting?.promise ?? Promise.reject(new Error("bench: the connection was closed"));
    },
  };
}
