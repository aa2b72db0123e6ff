import { isAscii } from "node:buffer";
import { asBuffer } from "../bytes.ts";
import { normalise } from "../normalise/index.ts";

/** How much text on either side goes with a character that stands for another. */
const around = 256;
const separator = "\n";
// Tab, line feed, carriage return.
const isBlank = Uint8Array.from({ length: 256 }, (_, byte) => byte === 9 || byte === 10 || byte === 13 ? 1 : 0);

/**
 * The places of a text where characters stand for others or for none (control characters but line ends and tabs, invisible ones,
 * look-alikes), with them normalised; undefined if there are none.
 */
export function decodeUnicode(bytes: Uint8Array): Buffer | undefined {
  if (isBinary(bytes)) return undefined;
  const text = isAscii(bytes) ? asBuffer(bytes).toString("latin1") : asBuffer(bytes).toString("utf8");
  const ranges: [number, number][] = [];
  for (const { 0: run, index } of text.matchAll(/[^\t\n\r\x20-\x7e]{1,64}/g)) {
    const last = ranges.at(-1);
    const end = Math.min(text.length, index + run.length + around);
    if (last !== undefined && index + run.length <= last[1] - around) continue;
    if (normalise(run) === run) continue;
    const start = Math.max(0, index - around);
    if (last !== undefined && start <= last[1]) last[1] = end;
    else ranges.push([start, end]);
  }
  if (ranges.length === 0) return undefined;
  return Buffer.from(ranges.map(([start, end]) => normalise(text.slice(start, end))).join(separator), "utf8");
}

// Text has few control characters.
function isBinary(bytes: Uint8Array): boolean {
  let controls = 0;
  for (let at = 0; at < bytes.length; at += 1) if ((bytes[at] ?? 0) < 0x20 && isBlank[bytes[at] ?? 0] === 0) controls += 1;
  return controls * 20 > bytes.length;
}
