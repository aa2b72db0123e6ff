import { Transform } from "node:stream";
import type { Finding } from "@bottle/secret-scan";
import { holdBytes } from "../credentials/held-bytes.ts";
import { createPile } from "../credentials/pile.ts";
import type { Placeholders } from "../credentials/placeholder/compile-placeholders.ts";
import { createPlaceholderScan } from "../credentials/placeholder/find-placeholders.ts";
import type { Lease } from "../limits/limits.ts";
import type { DlpAction } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import { continuation, type FrameHead, readFrameHead, unmask } from "./client-frame.ts";
import type { Scanning } from "./scanning.ts";
import { refusalFor, tooLarge } from "./verdict.ts";

/** What a client's frames are scanned by, and who is told. */
export interface FrameScanning {
  readonly host: string;
  readonly scanning: Pick<Scanning, "message" | "wire">;
  readonly placeholders: Placeholders;
  readonly action: DlpAction;
  readonly lease: Pick<Lease, "spend">;
  readonly onFindings: (findings: readonly Finding[]) => void;
  /** Called once, before any byte of the frame has left. */
  readonly onRefused: (reason: RefusalReason) => void;
}

/** More is held of no frame; a longer one is not looked through whole, and refused where that matters. */
const largestFrame = 4 * 1024 * 1024;
/** What is looked through again of a message that comes in several frames. */
const mostContext = 4 * 1024;
const nothing: Buffer = Buffer.alloc(0);

/**
 * Looks through a client's WebSocket frames (RFC 6455 5.2) and passes each on unchanged once it is known to be clean, with what of
 * its message came before, so that a value cut over frames is found. A frame that could not be read, or is not in its turn, ends the
 * stream with an error.
 */
export function scanFrames(options: FrameScanning): Transform {
  const { lease, action, placeholders } = options;
  const isHeld = action !== "off" || placeholders.size > 0;
  const room = holdBytes(largestFrame + 14);
  const pile = createPile();
  const inData = createPlaceholderScan(placeholders);
  let needed = 2;
  let context = nothing;
  let isOpen = false;
  let passing: { left: number; readonly head: FrameHead } | undefined;

  function refusalOf(head: FrameHead, frame: Buffer): RefusalReason | undefined {
    const payload = unmask(frame.subarray(head.length), head.mask);
    const stray = head.isControl ? createPlaceholderScan(placeholders) : inData;
    if (stray.push(payload) !== undefined) return "placeholder-misused";
    if (action === "off") return undefined;
    const content = head.opcode === continuation ? Buffer.concat([context, payload]) : payload;
    if (!head.isControl) context = head.isLast ? nothing : content.subarray(-mostContext);
    const { scanning } = options;
    const findings = [...scanning.message(options.host, content), ...(head.mask.some((byte) => byte !== 0) ? scanning.wire(frame) : [])];
    if (findings.length > 0) options.onFindings(findings);
    return refusalFor(findings, action);
  }

  // A new message may not begin within another, nor go on where none has begun (5.4).
  function isInTurn({ isControl, isLast, opcode }: FrameHead): boolean {
    if (isControl) return true;
    const isFine = (opcode === continuation) === isOpen;
    isOpen = !isLast;
    return isFine;
  }

  /** What of the bytes may go, and how many of them are done with; 0 if more are needed. */
  function step(bytes: Buffer): number | RefusalReason {
    if (passing !== undefined) return passOn(bytes, passing);
    const head = readFrameHead(bytes);
    if (head === undefined) return "request-malformed";
    if ("needed" in head) return wait(head.needed);
    if (isHeld && head.size <= largestFrame && bytes.length < head.length + head.size) {
      // What cannot be held for want of memory is treated as what is too long.
      if (room.take(head.length + head.size)) return wait(head.length + head.size);
    }
    room[Symbol.dispose]();
    if (!isInTurn(head)) return "request-malformed";
    if (!lease.spend(head.size)) return "limit-bytes";
    const end = head.length + head.size;
    if (isHeld && bytes.length >= end) return refusalOf(head, bytes.subarray(0, end)) ?? end;
    if (action !== "off") {
      options.onFindings([tooLarge("message")]);
      if (action === "block") return "unscannable";
    }
    context = nothing;
    if (head.size > 0) passing = { left: head.size, head: { ...head, mask: Buffer.from(head.mask) } };
    return head.length;
  }

  function passOn(bytes: Buffer, now: { left: number; readonly head: FrameHead }): number | RefusalReason {
    const part = bytes.subarray(0, now.left);
    if (placeholders.size > 0 && inData.push(unmask(part, now.head.mask, now.head.size - now.left)) !== undefined) return "placeholder-misused";
    now.left -= part.length;
    if (now.left === 0) passing = undefined;
    return part.length;
  }

  function wait(bytes: number): number {
    needed = bytes;
    return 0;
  }

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      pile.append(chunk);
      if (passing === undefined && pile.length < needed) return done();
      // Copied out, since what is passed on outlives the pile.
      let rest: Buffer = Buffer.from(pile.bytes());
      pile.drop(pile.length);
      while (rest.length > 0) {
        const result = attempt(() => step(rest));
        if (typeof result === "string") {
          options.onRefused(result);
          return done(new Error("The scan refused a frame."));
        }
        if (result === 0) break;
        this.push(rest.subarray(0, result));
        rest = rest.subarray(result);
        needed = 2;
      }
      pile.append(rest);
      done();
    },
    destroy(error, done) {
      room[Symbol.dispose]();
      done(error);
    },
  });
}

// What the scan fails on has not been scanned.
function attempt(run: () => number | RefusalReason): number | RefusalReason {
  try {
    return run();
  } catch {
    return "unscannable";
  }
}
