import type { FileHandle } from "node:fs/promises";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { TextDecoder } from "node:util";
import { auditFiles } from "@bottle/manifest/state";

/** A line of an audit log as it is on disk. */
export interface AuditFileLine {
  readonly file: string;
  /** 1-based, within the file. */
  readonly number: number;
  /** Without its line feed; undefined if its bytes are no UTF-8, or more than a line can have. */
  readonly text: string | undefined;
  /** Whether it has no line feed: in the last file it is what a kill in mid-write leaves. */
  readonly isTorn: boolean;
  readonly bytes: number;
}

const chunkBytes = 262_144;
// A line has at most 300 000 characters (see `formatAuditLine`), each at most three bytes.
const longestLine = 1_048_576;

/**
 * Every line of an audit log, over all its files, in order; none if there is no log. It may be written to and rotated meanwhile:
 * what is read is how it was at a moment, without gaps.
 * @param current path of the file that is written to
 */
export async function* readAuditLines(current: string): AsyncGenerator<AuditFileLine> {
  await using stack = new AsyncDisposableStack();
  // Opened before the others are listed: if it is rotated now, it is still this one.
  const last = await open(current).then((file) => stack.use(file), ignoreMissing);
  const folder = dirname(current);
  const names = auditFiles(basename(current), await readdir(folder).catch(() => []));
  const lastInode = (await last?.stat())?.ino;
  for (const name of names.filter((each) => each !== basename(current))) {
    const path = join(folder, name);
    if ((await stat(path)).ino === lastInode) break;
    await using file = await open(path);
    yield* linesOf(file, path);
  }
  if (last) yield* linesOf(last, current);
}

async function* linesOf(handle: FileHandle, file: string): AsyncGenerator<AuditFileLine> {
  const chunk = Buffer.alloc(chunkBytes);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const line = (bytes: Buffer, isTorn: boolean): AuditFileLine => ({ file, number: ++number, text: decode(decoder, bytes), isTorn, bytes: bytes.length });
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, null);
    if (bytesRead === 0) break;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      yield line(bytes.subarray(start, end), false);
      start = end + 1;
    }
    rest = bytes.subarray(start);
    // Not one of ours, and it need not fit into memory.
    if (rest.length > longestLine) return yield { file, number: number + 1, text: undefined, isTorn: false, bytes: rest.length };
  }
  if (rest.length > 0) yield line(rest, true);
}

function decode(decoder: TextDecoder, bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
