// ELF-64, <elf.h>: e_machine at byte 18; the engines' names for the same.
const machines: Readonly<Record<number, string>> = { 62: "amd64", 183: "arm64", 243: "riscv64", 21: "ppc64le", 22: "s390x" };
const headerBytes = 20;

/** What a program runs on, in the words of engines, by its first 20 bytes; undefined if it is no Linux program. */
export function programArchitecture(start: Uint8Array): string | undefined {
  const bytes = Buffer.from(start);
  if (bytes.length < headerBytes || bytes.toString("latin1", 0, 4) !== "\u007fELF") return undefined;
  const isLittleEndian = bytes[5] === 1;
  return machines[isLittleEndian ? bytes.readUInt16LE(18) : bytes.readUInt16BE(18)];
}
