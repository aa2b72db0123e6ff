/** Whether what an encoded stretch decodes to is worth a look. */
export type Keep = (decoded: Buffer) => boolean;

const shortestText = 6;

/**
 * Whether a secret can be in it: so many printable bytes in a row, or text in UTF-16. Most of what only looks encoded decodes to
 * neither.
 */
export function isTelling(bytes: Uint8Array): boolean {
  let row = 0;
  let nuls = 0;
  for (const byte of bytes) {
    row = byte >= 0x20 && byte < 0x7f ? row + 1 : 0;
    if (row === shortestText) return true;
    if (byte === 0) nuls += 1;
  }
  return nuls > 2 && nuls * 4 >= bytes.length;
}
