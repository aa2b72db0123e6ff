import type { IncomingMessage } from "node:http";
import { type Readable, Transform } from "node:stream";
import { createGunzip } from "node:zlib";

/** How a body may come. */
export interface BodyRules {
  /** Once it is unpacked. */
  readonly mostBytes: number;
  /** Without a byte for so long it is given up. */
  readonly idleMs: number;
  /** Looks at what comes; says what is wrong, for people. */
  readonly check?: (chunk: Uint8Array) => string | undefined;
}

/** A body that git may not read on. The message is for whoever sent it. */
export class BodyError extends Error {
  override readonly name = "BodyError";
}

/** A request's body as git is to read it: unpacked here, since git would inflate a few bytes to any number; counted, and not waited for without end. */
export interface Body {
  /** Emits `error` with a `BodyError` for what is not as the rules say. */
  readonly plain: Readable;
  /** So far. */
  readonly bytes: () => number;
}

/** Whether a content coding is one that git's client uses. */
export function isKnownCoding(coding: string | undefined): boolean {
  return coding === undefined || /^(?:identity|(?:x-)?gzip)$/i.test(coding);
}

export function readBody(request: IncomingMessage, { mostBytes, idleMs, check }: BodyRules): Body {
  let bytes = 0;
  const guard = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      timer.refresh();
      const fault = bytes > mostBytes ? `The request is larger than ${mostBytes} bytes.` : check?.(chunk);
      if (fault === undefined) done(null, chunk);
      else done(new BodyError(fault));
    },
    final(done) {
      clearTimeout(timer);
      done();
    },
    destroy(error, done) {
      clearTimeout(timer);
      done(error);
    },
  });
  const timer = setTimeout(() => guard.destroy(new BodyError(`Nothing came for ${idleMs / 1000} s.`)), idleMs);
  const isPacked = /^(?:x-)?gzip$/i.test(request.headers["content-encoding"] ?? "");
  request.once("close", () => {
    if (!request.complete) guard.destroy(new BodyError("The request was broken off."));
  });
  if (isPacked) {
    const unpacked = createGunzip();
    unpacked.once("error", () => guard.destroy(new BodyError("The request's gzip is damaged.")));
    guard.once("close", () => unpacked.destroy());
    request.pipe(unpacked).pipe(guard);
  } else request.pipe(guard);
  return { plain: guard, bytes: () => bytes };
}
