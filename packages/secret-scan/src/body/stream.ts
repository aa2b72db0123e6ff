import { isArchive } from "../archive/marks.ts";
import { isBase64 } from "../bytes.ts";
import { codingsOf, type ContentMarks } from "../content.ts";
import { boundaryOf } from "../fields/multipart.ts";
import { createFindings, partReport, type Finding } from "../finding.ts";
import { createCarry } from "../known/matcher.ts";
import { unscannable, type Look } from "../layers.ts";
import { createBudget } from "../limits.ts";
import type { ScanMemory } from "../memory.ts";
import { scanContent, type Tools } from "./content.ts";
import { createFieldScan, type FieldScan } from "./fields.ts";

/** What may go on, and what was found since the last time. */
export interface Scanned {
  readonly released: Buffer;
  readonly findings: readonly Finding[];
}

/** A scan of a content that comes in pieces. All that goes in comes out, in order and unchanged. Total. */
export interface BodyScan {
  push(chunk: Uint8Array): Scanned;
  /**
   * Looks at what has come so far without waiting for the window to fill, and releases it but for the end that may still become a
   * known value: from its fourth character on, in any spelling, at most the last `overlap` bytes. For a sender that pauses: an
   * event stream, a call that waits for its answer. Holds on to a content that can only be read whole.
   */
  flush(): Scanned;
  end(): Scanned;
}

export interface BodyScanOptions extends ContentMarks {
  /** How many bytes are gathered before they are looked at, 64 KiB unless told; at least twice what is held back. */
  readonly windowBytes?: number;
  /** Flushes at each push. */
  readonly isLineOriented?: boolean;
  readonly memory?: ScanMemory;
  readonly where?: string;
}

const usualWindow = 64 << 10;
const leastOverlap = 4096;
const nothing = Buffer.alloc(0);

export function createBodyScan(tools: Tools, options: BodyScanOptions): BodyScan {
  const { where = "body", memory } = options;
  const overlap = Math.ceil(Math.max(leastOverlap, tools.sieve.longest * 1.5) / 1024) * 1024;
  const window = Math.max(2 * overlap, options.windowBytes ?? usualWindow);
  const { report, take } = createFindings();
  const parted = partReport(report);
  const carry = createCarry();
  // Not looked at yet; and the end of what was, of which the last `held` bytes have not gone on.
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let context: Buffer = nothing;
  let held = 0;
  let fields: FieldScan | undefined;
  let needsWhole: boolean | undefined;

  const look = (bytes: number, to = report): Look => ({ where, via: [], report: to, budget: createBudget(tools.limits, bytes) });
  const gathered = (): Buffer => {
    const bytes = pending.length === 1 && pending[0] !== undefined ? pending[0] : Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    return bytes;
  };
  const scanWindow = (keep: (bytes: Buffer) => number): Buffer => {
    const fresh = gathered();
    const bytes = context.length === 0 ? fresh : Buffer.concat([context, fresh]);
    tools.layers(bytes, look(bytes.length, parted.whole), { context: context.length, carry });
    fields ??= createFieldScan({ sieve: tools.sieve, contentType: options.contentType ?? "", start: bytes, memory });
    fields.push(fresh, look(fresh.length, parted.joined));
    const unsent = bytes.subarray(context.length - held);
    held = Math.min(unsent.length, keep(bytes));
    context = bytes.subarray(alignedStart(bytes, Math.max(overlap, held)));
    return unsent.subarray(0, unsent.length - held);
  };
  const whole = (): boolean => {
    if (needsWhole === undefined && pendingBytes > 0) {
      needsWhole = codingsOf(options).length > 0 || boundaryOf(options.contentType ?? "") !== undefined || isArchive(Buffer.concat(pending).subarray(0, 64));
    }
    if (needsWhole && pendingBytes > tools.limits.wholeBytes) {
      unscannable(look(0), "too-large");
      needsWhole = false;
    }
    return needsWhole ?? false;
  };
  const scanned = (released: Buffer): Scanned => ({ released, findings: take() });
  const heldEnd = (bytes: Buffer): number => tools.heldEnd(bytes, overlap);
  // What was looked at before, as the end of a window, and did not go on.
  const releaseHeld = (): Buffer => {
    const unsent = context.subarray(context.length - held);
    held = Math.min(held, heldEnd(context));
    return unsent.subarray(0, unsent.length - held);
  };
  const flush = (): Scanned => {
    if (whole()) return scanned(nothing);
    return scanned(pendingBytes === 0 ? releaseHeld() : scanWindow(heldEnd));
  };
  return {
    push(chunk) {
      if (chunk.length > 0) pending.push(Buffer.from(chunk));
      pendingBytes += chunk.length;
      if (whole()) return scanned(nothing);
      if (options.isLineOriented) return flush();
      return scanned(pendingBytes < window ? nothing : scanWindow(() => overlap));
    },
    flush,
    end() {
      if (context.length === 0) {
        const content = gathered();
        scanContent(tools, content, options, look(content.length), memory);
        return scanned(content);
      }
      const released = scanWindow(() => 0);
      fields?.end(look(0, parted.joined));
      return scanned(released);
    },
  };
}

// A run of base64 goes on over the cut: from a digit that begins a group of four.
function alignedStart(bytes: Buffer, kept: number): number {
  const cut = Math.max(0, bytes.length - kept);
  let start = cut;
  while (start > 0 && isBase64[bytes[start - 1] ?? 0] === 1) start -= 1;
  return cut - (cut - start) % 4;
}
