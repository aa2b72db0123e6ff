import type { LzmaDecoder } from "./lzma.ts";

/** How far compressed bytes made sense, and whether to their end. */
export type Decoded = { readonly end: number; readonly isWhole: boolean } | "too-large";

const resetsDictionary = 0xe0;
const setsProperties = 0xc0;
const resetsState = 0xa0;
const isLzma = 0x80;
const storedAfterReset = 1;
const lastStored = 2;
const storedHead = 3;
const lzmaHead = 5;

/** Appends to the decoder's output what LZMA2 becomes: chunks, each stored or in LZMA, which may begin anew (xz-file-format 1.2.1 §5.3.1, and liblzma's lzma2_decoder.c for their heads). */
export function decodeLzma2(bytes: Uint8Array, from: number, lzma: LzmaDecoder): Decoded {
  const { output } = lzma;
  let needsDictionary = true;
  let needsProperties = true;
  for (let at = from; ;) {
    const control = bytes[at];
    const damaged = { end: at, isWhole: false };
    if (control === undefined) return damaged;
    if (control === 0) return { end: at + 1, isWhole: true };
    if (control >= resetsDictionary || control === storedAfterReset) {
      output.start = output.length;
      needsDictionary = false;
      needsProperties = true;
    } else if (needsDictionary) return damaged;
    const low = (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0);
    if (control < isLzma) {
      if (control > lastStored) return damaged;
      const data = bytes.subarray(at + storedHead, at + storedHead + low + 1);
      if (data.length > output.left) return "too-large";
      output.append(data);
      if (data.length <= low) return damaged;
      at += storedHead + data.length;
      continue;
    }
    const count = ((control & 0x1f) << 16 | low) + 1;
    const packed = ((bytes[at + 3] ?? 0) << 8 | (bytes[at + 4] ?? 0)) + 1;
    at += lzmaHead;
    if (control >= setsProperties) {
      if (!lzma.setProperties(bytes[at] ?? 255)) return damaged;
      needsProperties = false;
      at += 1;
    } else if (needsProperties) return damaged;
    else if (control >= resetsState) lzma.reset();
    if (count > output.left) return "too-large";
    if (!lzma.decode(bytes, at, Math.min(at + packed, bytes.length), count)) return damaged;
    at += packed;
  }
}
