const blockSize = 512;
const maxPath = 100;

/** One regular file of a tar archive (POSIX.1-1988 ustar): owner root, time 0, so that equal contents give equal archives. */
export function tarHeader({ path, mode, size }: { readonly path: string; readonly mode: number; readonly size: number }): Uint8Array {
  if (Buffer.byteLength(path) > maxPath) throw new RangeError(`The path ${JSON.stringify(path)} is longer than the ${maxPath} bytes a tar header holds.`);
  const header = Buffer.alloc(blockSize);
  header.write(path, 0);
  for (const [value, offset, length] of [[mode, 100, 8], [0, 108, 8], [0, 116, 8], [size, 124, 12], [0, 136, 12]] as const) {
    header.write(value.toString(8).padStart(length - 1, "0"), offset);
  }
  header.write("0", 156);
  header.write("ustar\u000000", 257, "latin1");
  // The sum is taken with blanks in its own place.
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** What fills a file's last block. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((blockSize - size % blockSize) % blockSize);
}

/** What ends an archive. */
export const tarEnd: Uint8Array = new Uint8Array(2 * blockSize);
