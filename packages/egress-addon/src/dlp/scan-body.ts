import { type Readable, Transform } from "node:stream";
import type { BodyScan, Finding } from "@bottle/secret-scan";
import { holdBytes } from "../credentials/held-bytes.ts";
import { through } from "../credentials/through.ts";
import type { DlpAction } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import type { RouteDlp } from "../policy/dlp.ts";
import { refusalFor, tooLarge } from "./verdict.ts";

/** What a body is scanned by, and who is told. */
export interface BodyScanning {
  readonly scan: BodyScan;
  readonly dlp: RouteDlp & { readonly action: Exclude<DlpAction, "off"> };
  /** Bytes that are scanned of one body. */
  readonly limitBytes: number;
  readonly onFindings: (findings: readonly Finding[]) => void;
  /** Called once, before anything that was refused has left. */
  readonly onRefused: (reason: RefusalReason) => void;
}

/** A body that lets out only what has been looked at. */
export interface ScannedBody {
  readonly body: Readable;
  /** Whether it may be sent: resolves once its first bytes, or its end, have passed the scan; `false` if they were refused or the client left. */
  readonly opened: Promise<boolean>;
}

// A sender that pauses waits for an answer; what it sent last must not be kept from going.
const idleMs = 20;
// One that says nothing may wait for the server's first word.
const silentMs = 500;

type Scanned = ReturnType<BodyScan["end"]>;

/**
 * Scans a body on its way. Small ones are looked at whole before any of it, or a name to be looked up for it, leaves; of longer
 * ones the end is held back that may still become part of a secret. What all bodies hold back together is bounded; one that there
 * is no room for is as one over the limit.
 */
export function scanBody(source: Readable, { scan, dlp, limitBytes, onFindings, onRefused }: BodyScanning): ScannedBody {
  const { promise: opened, resolve: open } = Promise.withResolvers<boolean>();
  const room = holdBytes(Number.POSITIVE_INFINITY);
  let bytes = 0;
  let isUnread = false;
  let idle: NodeJS.Timeout | undefined;
  const silent = setTimeout(() => open(true), silentMs);

  const stop = (reason: RefusalReason): Error => {
    onRefused(reason);
    open(false);
    return new Error("The scan refused the body.");
  };

  /** Passes on what a step of the scan releases, unless something was found that is refused. */
  const pass = (step: () => Scanned): Error | undefined => {
    const scanned = attempt(step);
    if (scanned === undefined) return stop("unscannable");
    const { released, findings } = scanned;
    if (findings.length > 0) onFindings(findings);
    const reason = refusalFor(findings.filter((finding) => !isExcused(finding)), dlp.action);
    if (reason !== undefined) return stop(reason);
    room.giveBack(released.length);
    if (released.length === 0) return undefined;
    gate.push(released);
    open(true);
    return undefined;
  };

  // What was cut off in the middle can't be read; that it is too long is what such a route allows.
  const isExcused = ({ kind, rule }: Finding): boolean => kind === "unscannable" && (isUnread || (dlp.streaming && rule === "too-large"));

  /** Looks at what there is and lets the rest go unread, where the route allows it. */
  const leaveUnread = (): Error | undefined => {
    isUnread = true;
    onFindings([tooLarge("body")]);
    return !dlp.streaming && dlp.action === "block" ? stop("unscannable") : pass(() => scan.end());
  };

  const gate: Transform = new Transform({
    highWaterMark: 64 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      clearTimeout(silent);
      clearTimeout(idle);
      bytes += chunk.length;
      if (isUnread) return done(null, chunk);
      if (bytes > limitBytes || !room.take(chunk.length)) {
        const refused = leaveUnread();
        return refused ? done(refused) : done(null, chunk);
      }
      const refused = pass(() => scan.push(chunk));
      if (refused) return done(refused);
      idle = setTimeout(() => {
        const late = gate.destroyed ? undefined : pass(() => scan.flush());
        if (late) gate.destroy(late);
      }, idleMs);
      done();
    },
    flush(done) {
      clearTimeout(idle);
      const refused = isUnread ? undefined : pass(() => scan.end());
      open(refused === undefined);
      done(refused);
    },
  });
  gate.once("close", () => {
    clearTimeout(silent);
    clearTimeout(idle);
    room[Symbol.dispose]();
    open(false);
  });
  return { body: through(source, gate), opened };
}

// What the scan fails on has not been scanned; and nothing catches what a stream's step throws.
function attempt(step: () => Scanned): Scanned | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
