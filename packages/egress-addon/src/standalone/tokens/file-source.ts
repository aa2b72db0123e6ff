import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { type Source, usable } from "./source.ts";

const largestBytes = 65_536;
const freshMs = 1_000;

/** A file, looked at again at most once a second. */
export function createFileSource(file: string): Source {
  let readAt = -Infinity;
  let found: { readonly value?: string; readonly problem?: string } = {};
  const look = (): typeof found => {
    if (performance.now() - readAt < freshMs) return found;
    readAt = performance.now();
    found = readSecret(file);
    return found;
  };
  return { read: () => look().value, ready: Promise.resolve(), problem: () => look().problem, [Symbol.dispose]() {} };
}

function readSecret(file: string): { readonly value: string } | { readonly problem: string } {
  try {
    const value = usable(readRegularFile(file));
    return value === undefined ? { problem: `${file} is empty` } : { value };
  } catch (error) {
    return { problem: `${file} cannot be read: ${error instanceof Error && "code" in error ? String(error.code) : error instanceof Error ? error.message : "unknown error"}` };
  }
}

// Never a pipe or a terminal, which would hold up every request.
function readRegularFile(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error("it is not a regular file");
    if (stat.size > largestBytes) throw new Error(`it is larger than ${largestBytes} bytes`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}
