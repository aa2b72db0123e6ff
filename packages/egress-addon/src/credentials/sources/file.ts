import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { cutLineEnd, largestValueBytes, type OpenSource } from "./model.ts";

const writableByAll = 0o002n;
const openToOthers = 0o077n;

/**
 * A file, read anew whenever it has changed. Not one that everyone may write to. That everyone may read it is the operator's
 * choice (container engines mount secrets so, 0444), unless it is asked to be private: this user's or root's, and nobody else's.
 */
export function fileSource(path: string, { isPrivate }: { readonly isPrivate: boolean } = { isPrivate: false }): OpenSource {
  let value: string | undefined;
  let seen = "";
  let problem: string | undefined;
  const lose = (why: string): undefined => {
    problem = why;
    value = undefined;
    seen = "";
  };
  return {
    read() {
      try {
        if (identity(statSync(path, { bigint: true })) === seen) return value;
        const found = readOnce(path, isPrivate);
        if ("problem" in found) return lose(found.problem);
        ({ value, seen } = found);
        problem = value === undefined ? `${path} is empty` : undefined;
        return value;
      } catch (error) {
        return lose(`${path} cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "unknown"})`);
      }
    },
    problem: () => problem,
    close: () => lose("closed"),
  };
}

// Opened without waiting: a pipe would hold up the whole proxy.
function readOnce(path: string, isPrivate: boolean): { readonly value: string | undefined; readonly seen: string } | { readonly problem: string } {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = fstatSync(file, { bigint: true });
    if (!status.isFile()) return { problem: `${path} is not a file` };
    if ((status.mode & writableByAll) !== 0n) return { problem: `${path} may be written by everyone` };
    const openness = isPrivate ? whyOpen(status) : undefined;
    if (openness !== undefined) return { problem: `${path} ${openness}` };
    if (status.size > largestValueBytes) return { problem: `${path} is larger than ${largestValueBytes} bytes` };
    const bytes = Buffer.alloc(largestValueBytes + 1);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    const text = bytes.toString("utf8", 0, length);
    bytes.fill(0);
    return length > largestValueBytes ? { problem: `${path} is larger than ${largestValueBytes} bytes` } : { value: cutLineEnd(text), seen: identity(status) };
  } finally {
    closeSync(file);
  }
}

function whyOpen({ mode, uid }: BigIntStats): string | undefined {
  if (uid !== 0n && uid !== BigInt(process.getuid?.() ?? -1)) return "is another user's";
  return (mode & openToOthers) === 0n ? undefined : `is open to others (mode ${(mode & 0o777n).toString(8)}); chmod 600 closes it`;
}

function identity({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join();
}
