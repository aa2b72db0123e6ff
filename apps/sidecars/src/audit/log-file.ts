import { closeSync, constants, existsSync, fstatSync, ftruncateSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { auditFiles, rotatedAuditFile, rotatedNumber } from "@bottle/manifest/state";

/** The files of one log, written by this process alone: whole lines, appended. Synchronous: what is written is there. */
export interface LogFile extends Disposable {
  /** The last whole line of all files, without its end; "" for a log that has none. */
  readonly lastLine: string;
  /** Of all files, in bytes. */
  totalBytes(): number;
  /** Appends a line with its line feed; none of it stays if it does not find room. @throws Error of the system, or if somebody else wrote to the file */
  append(bytes: Buffer): void;
  /** Whether the file at its path is still the one written to, and as long as it was made. */
  isOurs(): boolean;
}

const tailBytes = 1_048_576;

interface Current {
  readonly fd: number;
  readonly size: number;
}

/**
 * Opens a log's files. A last line without its end is what a kill in mid-write left: it was never acted on, so it is cut off.
 * The file that is written to is moved aside once the next line would make it larger than `maxFileBytes`.
 */
export function openLogFile(path: string, maxFileBytes: number): LogFile {
  const next = `${path}.next`;
  const names = auditFiles(basename(path), readdirSync(dirname(path))).filter((name) => name !== basename(path));
  const full = names.map((name) => join(dirname(path), name));
  let olderBytes = full.reduce((sum, each) => sum + statSync(each).size, 0);
  let number = 1 + (rotatedNumber(basename(path), names.at(-1) ?? "") ?? 0);
  // Of a rotation that was killed.
  rmSync(next, { force: true });
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const { lastLine, size } = cutTorn(fd);
  let current: Current = { fd, size };

  function rotate(): void {
    const made = openSync(next, "wx+", 0o600);
    const target = join(dirname(path), rotatedAuditFile(basename(path), number));
    try {
      if (existsSync(target)) throw new Error(`${target} is there already`);
      renameSync(path, target);
      renameSync(next, path);
    } catch (error) {
      closeSync(made);
      rmSync(next, { force: true });
      if (!existsSync(path)) renameSync(target, path);
      throw error;
    }
    closeSync(current.fd);
    olderBytes += current.size;
    number += 1;
    current = { fd: made, size: 0 };
  }

  return {
    lastLine: lastLine === "" ? lastLineOf(full.at(-1)) : lastLine,
    totalBytes: () => olderBytes + current.size,
    append(bytes) {
      // Behind half a line of somebody else's, ours would be lost with it.
      if (fstatSync(current.fd).size !== current.size) throw new Error("somebody else wrote to it");
      if (current.size > 0 && current.size + bytes.length > maxFileBytes) rotate();
      try {
        if (writeSync(current.fd, bytes, 0, bytes.length, current.size) !== bytes.length) throw new Error("no space for the whole line");
      } catch (error) {
        // Half a line would break the chain for the ones after it, once there is room again.
        ftruncateSync(current.fd, current.size);
        throw error;
      }
      current = { ...current, size: current.size + bytes.length };
    },
    isOurs() {
      const ours = fstatSync(current.fd);
      const there = statSync(path, { throwIfNoEntry: false });
      return ours.size === current.size && there?.ino === ours.ino && there.dev === ours.dev;
    },
    [Symbol.dispose]: () => closeSync(current.fd),
  };
}

/** The last whole line of a file that nobody writes to any more. */
function lastLineOf(path: string | undefined): string {
  if (path === undefined) return "";
  const fd = openSync(path, "r");
  try {
    return readTail(fd).lastLine;
  } finally {
    closeSync(fd);
  }
}

function cutTorn(fd: number): { readonly lastLine: string; readonly size: number } {
  const { lastLine, size } = readTail(fd);
  if (size !== fstatSync(fd).size) ftruncateSync(fd, size);
  return { lastLine, size };
}

/** @returns the last whole line, and how many bytes there are up to its end */
function readTail(fd: number): { readonly lastLine: string; readonly size: number } {
  const { size } = fstatSync(fd);
  const start = Math.max(0, size - tailBytes);
  const buffer = Buffer.alloc(size - start);
  readSync(fd, buffer, 0, buffer.length, start);
  const end = buffer.lastIndexOf(0x0a) + 1;
  // No line of ours is that long: it is another file, of which nothing is cut.
  if (end === 0 && start > 0) return { lastLine: "?", size };
  return { lastLine: buffer.subarray(0, end).toString().trimEnd().split("\n").at(-1) ?? "", size: start + end };
}
