import { asBuffer } from "../bytes.ts";

// xz, bzip2, 7z, RAR, lzip, compress, LZ4 frame, cabinet: what their first bytes are, as far as each says them.
const closed: readonly RegExp[] = [
  /^\xfd7zXZ\x00/, /^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/, /^7z\xbc\xaf\x27\x1c/, /^Rar!\x1a\x07/, /^LZIP[\x00\x01]/, /^\x1f\x9d[\x80-\x9f]/, /^\x04"M\x18/, /^MSCF\x00{4}/,
];
const firsts: ReadonlySet<number> = new Set(Buffer.from("\xfdB7RL\x1f\x04M", "latin1"));
const longest = 12;

/** Whether the bytes begin like something that is compressed in a way that is not read here. */
export function isClosed(bytes: Uint8Array): boolean {
  if (!firsts.has(bytes[0] ?? 0)) return false;
  const begin = asBuffer(bytes).toString("latin1", 0, longest);
  return closed.some((magic) => magic.test(begin));
}
