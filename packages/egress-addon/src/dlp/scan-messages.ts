import { type Readable, Transform } from "node:stream";
import type { BodyScan, Finding } from "@bottle/secret-scan";
import { through } from "../credentials/through.ts";
import type { BodyScanning, ScannedBody } from "./scan-body.ts";
import { refusalFor, tooLarge } from "./verdict.ts";

const headBytes = 5;
// A client may wait for the server's first word before it says anything.
const silentMs = 20;
const nothing = Buffer.alloc(0);

/**
 * Scans a body that is a sequence of gRPC messages (gRPC over HTTP/2, Length-Prefixed-Message), each by itself: a whole message goes
 * on at once, since its sender may wait for the answer to it. `scanOf` makes the scan of a message from its content coding;
 * `limitBytes` is of one message.
 */
export function scanMessages(source: Readable, options: Omit<BodyScanning, "scan"> & { readonly scanOf: (isCompressed: boolean) => BodyScan }): ScannedBody {
  const { dlp, limitBytes, onFindings, onRefused } = options;
  const { promise: opened, resolve: open } = Promise.withResolvers<boolean>();
  let head: Buffer = nothing;
  let left = 0;
  let scan: BodyScan | undefined;
  const silent = setTimeout(() => open(true), silentMs);

  function release(bytes: Buffer): void {
    if (bytes.length === 0) return;
    gate.push(bytes);
    open(true);
  }

  function refuse(reason: Parameters<typeof onRefused>[0]): Error {
    onRefused(reason);
    open(false);
    return new Error("The scan refused the body.");
  }

  // The head of a message goes with its first bytes.
  function pass({ released, findings }: { readonly released: Buffer; readonly findings: readonly Finding[] }, isEnd: boolean): Error | undefined {
    if (findings.length > 0) onFindings(findings);
    const reason = refusalFor(findings, dlp.action);
    if (reason !== undefined) return refuse(reason);
    if (released.length === 0 && !isEnd) return undefined;
    release(Buffer.concat([head, released]));
    head = nothing;
    return undefined;
  }

  function begin(whole: Buffer): Error | undefined {
    left = whole.readUInt32BE(1);
    const flag = whole[0] ?? 0;
    if (left > limitBytes) onFindings([tooLarge("body")]);
    if ((flag > 1 || (left > limitBytes && !dlp.streaming)) && dlp.action === "block") return refuse("unscannable");
    scan = flag > 1 || left > limitBytes ? undefined : options.scanOf(flag === 1);
    return left === 0 ? end() : undefined;
  }

  function end(): Error | undefined {
    const last = scan;
    scan = undefined;
    return pass(last?.end() ?? { released: nothing, findings: [] }, true);
  }

  function take(part: Buffer): Error | undefined {
    left -= part.length;
    const refused = pass(scan?.push(part) ?? { released: part, findings: [] }, false);
    return refused ?? (left === 0 ? end() : undefined);
  }

  // One message's head, or as much of its content as there is; answers what is left of the bytes.
  function step(bytes: Buffer): Buffer | Error {
    if (left > 0) {
      const part = bytes.subarray(0, left);
      return take(part) ?? bytes.subarray(part.length);
    }
    const missing = headBytes - head.length;
    head = Buffer.concat([head, bytes.subarray(0, missing)]);
    if (head.length < headBytes) return nothing;
    return begin(head) ?? bytes.subarray(missing);
  }

  // What the scan fails on has not been scanned; and nothing catches what a stream's step throws.
  function attempt<T>(run: () => T): T | Error {
    try {
      return run();
    } catch {
      return refuse("unscannable");
    }
  }

  const gate: Transform = new Transform({
    highWaterMark: 64 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      clearTimeout(silent);
      let rest: Buffer = chunk;
      while (rest.length > 0) {
        const next = attempt(() => step(rest));
        if (next instanceof Error) return done(next);
        rest = next;
      }
      done();
    },
    flush(done) {
      clearTimeout(silent);
      const refused = head.length > 0 || left > 0 ? attempt(end) : undefined;
      open(refused === undefined);
      done(refused);
    },
  });
  gate.once("close", () => {
    clearTimeout(silent);
    open(false);
  });
  return { body: through(source, gate), opened };
}
