import { Transform } from "node:stream";
import type { Finding } from "@bottle/secret-scan";
import type { Lease } from "../limits/limits.ts";
import type { DlpAction } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import type { Scanning } from "./scanning.ts";
import { refusalFor } from "./verdict.ts";

/** What a client's frames are scanned by, and who is told. */
export interface FrameScanning {
  readonly host: string;
  readonly scanning: Pick<Scanning, "message">;
  readonly action: DlpAction;
  readonly lease: Pick<Lease, "spend">;
  readonly onFindings: (findings: readonly Finding[]) => void;
  /** Called once, before any byte of the frame has left. */
  readonly onRefused: (reason: RefusalReason) => void;
}

/** More is held by no frame; a longer one is not looked through, and refused where that matters. */
const largestFrame = 4 * 1024 * 1024;
/** What is looked through of a message that comes in several frames. */
const mostContext = 64 * 1024;

/**
 * Looks through a client's WebSocket frames (RFC 6455 5.2) and passes each on unchanged once it is known to be clean, with what of
 * its message came before, so that a value cut over frames is found. A frame that is not masked, has an extension's bits or an
 * unknown opcode could not be read, and ends the stream with an error.
 */
export function scanFrames(options: FrameScanning): Transform {
  const { scanning, host, action, lease } = options;
  let held: Buffer = Buffer.alloc(0);
  let context: Buffer = Buffer.alloc(0);
  const refusalOf = (frame: Frame): RefusalReason | undefined => {
    if (!lease.spend(frame.payload.length)) return "limit-bytes";
    if (action === "off") return undefined;
    const content = frame.opcode === continuation ? Buffer.concat([context, frame.payload]) : frame.payload;
    if (frame.opcode < firstControl) context = frame.isLast ? Buffer.alloc(0) : content.subarray(-mostContext);
    const findings = scanning.message(host, content);
    if (findings.length > 0) options.onFindings(findings);
    return refusalFor(findings, action);
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      for (;;) {
        const frame = readFrame(held);
        if (frame === "short") return done();
        if (frame === "invalid") return done(new Error("A WebSocket frame cannot be read."));
        const reason = frame === "too-large" ? "unscannable" : refusalOf(frame);
        if (reason !== undefined) {
          options.onRefused(reason);
          return done(new Error("The scan refused a frame."));
        }
        if (frame === "too-large") return done();
        this.push(held.subarray(0, frame.length));
        held = held.subarray(frame.length);
      }
    },
  });
}

const continuation = 0;
const firstControl = 8;
const knownOpcodes: readonly number[] = [0, 1, 2, 8, 9, 10];

interface Frame {
  readonly opcode: number;
  readonly isLast: boolean;
  /** Unmasked. */
  readonly payload: Buffer;
  /** Of the whole frame. */
  readonly length: number;
}

function readFrame(bytes: Buffer): Frame | "short" | "invalid" | "too-large" {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return "short";
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0 || (second & 0x80) === 0 || !knownOpcodes.includes(opcode)) return "invalid";
  const short = second & 0x7f;
  const maskAt = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0);
  if (bytes.length < maskAt + 4) return "short";
  const size = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (size > largestFrame) return "too-large";
  const start = maskAt + 4;
  if (bytes.length < start + size) return "short";
  const payload = Buffer.from(bytes.subarray(start, start + size));
  for (let index = 0; index < size; index += 1) payload[index] = (payload[index] ?? 0) ^ (bytes[maskAt + (index & 3)] ?? 0);
  return { opcode, isLast: (first & 0x80) !== 0, payload, length: start + size };
}
