import { type Readable, Transform } from "node:stream";
import type { BodyScan, Finding } from "@bottle/secret-scan";
import { through } from "../credentials/through.ts";
import type { DlpAction } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import type { RouteDlp } from "../policy/dlp.ts";
import { refusalFor } from "./verdict.ts";

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

/**
 * Scans a body on its way. Small ones are looked at whole before any of it, or a name to be looked up for it, leaves; of longer
 * ones the end is held back that may still become part of a secret.
 */
export function scanBody(source: Readable, { scan, dlp, limitBytes, onFindings, onRefused }: BodyScanning): ScannedBody {
  const { promise: opened, resolve: open } = Promise.withResolvers<boolean>();
  let bytes = 0;
  let isOver = false;
  let idle: NodeJS.Timeout | undefined;
  /** Passes on what was released, unless something was found that is refused. */
  const pass = ({ released, findings }: { readonly released: Buffer; readonly findings: readonly Finding[] }): Error | undefined => {
    if (findings.length > 0) onFindings(findings);
    const reason = refusalFor(findings, dlp.action);
    if (reason !== undefined) return stop(reason);
    if (released.length === 0) return undefined;
    gate.push(released);
    open(true);
    return undefined;
  };
  const stop = (reason: RefusalReason): Error => {
    onRefused(reason);
    open(false);
    return new Error("The scan refused the body.");
  };
  const isPast = (): boolean => {
    isOver ||= bytes > limitBytes;
    return isOver;
  };
  const gate: Transform = new Transform({
    highWaterMark: 64 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      clearTimeout(idle);
      const wasOver = isOver;
      bytes += chunk.length;
      if (wasOver) return done(null, chunk);
      if (isPast()) {
        if (!dlp.streaming && dlp.action === "block") return done(stop("unscannable"));
        const refused = pass(scan.end());
        return refused ? done(refused) : done(null, chunk);
      }
      const refused = pass(scan.push(chunk));
      if (refused) return done(refused);
      idle = setTimeout(() => {
        const late = gate.destroyed || isOver ? undefined : pass(scan.flush());
        if (late) gate.destroy(late);
      }, idleMs);
      done();
    },
    flush(done) {
      clearTimeout(idle);
      const refused = isOver ? undefined : pass(scan.end());
      open(refused === undefined);
      done(refused);
    },
  });
  gate.once("close", () => {
    clearTimeout(idle);
    open(false);
  });
  return { body: through(source, gate), opened };
}
