import { asBuffer } from "../bytes.ts";

// By their first bytes, as far as each says them: bzip2, 7z, RAR, lzip, compress (nine bits to sixteen), pack, LZ4 frame, cabinet; LZMA alone, which has no mark, by its
// usual properties, a size of five bytes or none, and the 0 that its data begin with. Each by the first, which most bytes are told by.
const closed: ReadonlyMap<number, RegExp> = new Map([
  [0x42, /^Zh[1-9](?:1AY&SY|\x17rE8P\x90)/], [0x37, /^z\xbc\xaf\x27\x1c/], [0x52, /^ar!\x1a\x07/], [0x4c, /^ZIP[\x00\x01]/], [0x1f, /^(?:\x9d[\x09-\x10)-0I-Pi-p\x89-\x90\xa9-\xb0\xc9-\xd0\xe9-\xf0]|\x1e[^]{4}[\x01-\x19])/],
  [0x04, /^"M\x18/], [0x4d, /^SCF\x00{4}/], [0x5d, /^\x00\x00[^]{2}(?:\xff{8}|[^]{5}\x00{3})\x00/],
]);
const longest = 14;

/** Whether the bytes begin like something that is compressed in a way that is not read here. */
export function isClosed(bytes: Uint8Array): boolean {
  return closed.get(bytes[0] ?? 0)?.test(asBuffer(bytes).toString("latin1", 1, longest)) ?? false;
}
