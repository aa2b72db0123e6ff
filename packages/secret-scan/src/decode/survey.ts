import { isBase64, isHexOrBetween, isStrange } from "../bytes.ts";
import { findRuns, type Run } from "./runs.ts";

/** What one look at each byte of a text tells. */
export interface Survey {
  /** Where 16 digits of base64 or more are in a row, of either alphabet. */
  readonly digits: readonly Run[];
  /** Where 16 hex digits or more are in a row, with what may be between them. */
  readonly hex: readonly Run[];
  /** How many bytes there are at most that are none of printable ASCII, tabs and line ends; 0 if none. */
  readonly mostStrange: number;
}

const shortestRun = 16;
/** For fewer bytes a view costs more than it saves. */
const shortestViewed = 128;
const none: readonly Run[] = [];
const digit = 1;
const hexDigit = 2;
const strangeBit = 2;
const strange = 1 << strangeBit;
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => (isBase64[byte] ?? 0) * digit | (isHexOrBetween[byte] ?? 0) * hexDigit | (isStrange[byte] ?? 0) * strange);
// Of two bytes of ASCII, the first the lower: what both are, and whether either is strange.
const pairs = Uint8Array.from({ length: 0x8000 }, (_, pair) => {
  const [first, second] = [kinds[pair & 0xff] ?? 0, kinds[pair >>> 8] ?? 0];
  return (first & second & (digit | hexDigit)) | ((first | second) & strange);
});
// In each of four bytes the bit that no ASCII has: nothing else is in any run.
const noAscii = 0x80808080 | 0;

/** Looks at eight bytes at a time: whatever run is long enough has eight that are looked at together. */
export function survey(bytes: Uint8Array): Survey {
  const { length } = bytes;
  if (length < shortestViewed) return surveyShort(bytes);
  const kindsOf = pairs;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const digits = createRuns(digit);
  const hex = createRuns(hexDigit);
  let strangeParts = 0;
  let at = 0;
  for (const last = length - 8; at <= last; at += 8) {
    const low = view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    if (((low | high) & noAscii) !== 0) {
      strangeParts += 1;
      continue;
    }
    const first = kindsOf[low & 0xffff] ?? 0;
    const second = kindsOf[low >>> 16] ?? 0;
    const third = kindsOf[high & 0xffff] ?? 0;
    const fourth = kindsOf[high >>> 16] ?? 0;
    strangeParts += (first | second | third | fourth) >>> strangeBit;
    const each = first & second & third & fourth;
    if (each === 0) continue;
    if ((each & digit) !== 0 && at >= digits.past) take(digits, bytes, at);
    if ((each & hexDigit) !== 0 && at >= hex.past) take(hex, bytes, at);
  }
  for (; at < length; at += 1) strangeParts += (kinds[bytes[at] ?? 0] ?? 0) >>> strangeBit;
  return { digits: digits.runs, hex: hex.runs, mostStrange: Math.min(length, 8 * strangeParts) };
}

function surveyShort(bytes: Uint8Array): Survey {
  let all = 0;
  for (let at = 0; at < bytes.length; at += 1) all |= kinds[bytes[at] ?? 0] ?? 0;
  return {
    digits: (all & digit) === 0 ? none : findRuns(bytes, isBase64, shortestRun), hex: (all & hexDigit) === 0 ? none : findRuns(bytes, isHexOrBetween, shortestRun),
    mostStrange: (all & strange) === 0 ? 0 : bytes.length,
  };
}

interface Runs {
  readonly kind: number;
  readonly runs: Run[];
  /** The end of the last one, be it too short. */
  past: number;
}

function createRuns(kind: number): Runs {
  return { kind, runs: [], past: 0 };
}

// The whole run around a place.
function take(found: Runs, bytes: Uint8Array, place: number): void {
  const { kind, runs, past } = found;
  let from = place;
  while (from > past && ((kinds[bytes[from - 1] ?? 0] ?? 0) & kind) !== 0) from -= 1;
  let to = place + 8;
  while (to < bytes.length && ((kinds[bytes[to] ?? 0] ?? 0) & kind) !== 0) to += 1;
  if (to - from >= shortestRun) runs.push([from, to]);
  found.past = to;
}
