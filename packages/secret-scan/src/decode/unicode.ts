import { asBuffer } from "../bytes.ts";
import { normalise } from "../normalise/index.ts";

/** How much text on either side goes with a character that stands for another. */
const around = 256;
const separator = "\n";
const control = 2 ** 32;
// Nothing for plain ASCII, tabs and line ends; other control characters count in the upper half.
const weight = Float64Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13 ? 0 : byte < 0x20 ? control : 1);

/**
 * The places of a text where characters stand for others or for none (control characters but line ends and tabs, invisible ones,
 * look-alikes), with them normalised; undefined if there are none.
 */
export function decodeUnicode(bytes: Uint8Array): Buffer | undefined {
  if (isPlainOrBinary(bytes)) return undefined;
  const text = asBuffer(bytes).toString("utf8");
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
function isPlainOrBinary(bytes: Uint8Array): boolean {
  const weights = weight;
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 1) sum += weights[bytes[at] ?? 0] ?? 0;
  return sum === 0 || Math.floor(sum / control) * 20 > bytes.length;
}
