import { asBuffer } from "../bytes.ts";

// bzip2, 7z, RAR, lzip, compress (nine bits to sixteen), pack, LZ4 frame, cabinet: what their first bytes are, as far as each says them. Each by the first, which most bytes are told by.
const closed: ReadonlyMap<number, RegExp> = new Map([
  [0x42, /^Zh[1-9](?:1AY&SY|\x17rE8P\x90)/], [0x37, /^z\xbc\xaf\x27\x1c/], [0x52, /^ar!\x1a\x07/], [0x4c, /^ZIP[\x00\x01]/], [0x1f, /^(?:\x9d[\x09-\x10)-0I-Pi-p\x89-\x90\xa9-\xb0\xc9-\xd0\xe9-\xf0]|\x1e[^]{4}[\x01-\x19])/],
  [0x04, /^"M\x18/], [0x4d, /^SCF\x00{4}/],
]);
const longest = 12;

/** Whether the bytes begin like something that is compressed in a way that is not read here. */
export function isClosed(bytes: Uint8Array): boolean {
  return closed.get(bytes[0] ?? 0)?.test(asBuffer(bytes).toString("latin1", 1, longest)) ?? false;
}
