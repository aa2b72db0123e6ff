import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { once } from "node:events";
import type { Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { auditFiles } from "@bottle/manifest/state";

/** An audit log as it can be followed. */
export interface FollowedLog {
  readonly file: string;
  /** Tells of every line from now on. @returns what ends it */
  follow(onLine: (line: string) => void): () => void;
}

const chunkBytes = 262_144;
/** What a reader may leave unread. */
const mostWaitingBytes = 1_048_576;
// For the last word to a reader that was too slow.
const lingerMs = 10_000;

/**
 * Answers a connection with the log's lines as they are written, after those that its file holds beyond `after`: none twice, and none left out.
 * A reader that does not keep up is told so and cut off, so that it costs no more memory than that.
 */
export async function followLog(socket: Socket, { file, follow }: FollowedLog, after: number | undefined): Promise<void> {
  // Nothing more is taken, but its end is seen.
  socket.resume();
  socket.write('{"ok":true}\n');
  const live = (): void => {
    const end = follow((line) => {
      socket.write(recordLine(line));
      if (socket.writableLength <= mostWaitingBytes) return;
      end();
      const message = "The reader was too slow: it left more than 1 MiB of the audit log unread. Follow again, after the last record that came.";
      socket.end(`${JSON.stringify({ ok: false, message })}\n`);
      setTimeout(() => socket.destroy(), lingerMs).unref();
    });
    socket.once("close", end);
  };
  if (after === undefined) return live();
  await catchUp(socket, { file, after, live }).catch(() => void socket.destroy());
}

async function catchUp(socket: Socket, { file, after, live }: { readonly file: string; readonly after: number; readonly live: () => void }): Promise<void> {
  let fd = openSync(firstFile(file, after), "r");
  try {
    let rest: Buffer = Buffer.alloc(0);
    while (!socket.destroyed) {
      const chunk = readChunk(fd);
      // Lines are written in one turn, and so is this: what comes next is the first that the file did not hold.
      if (chunk.length === 0) {
        const next = fileAfter(fd, file);
        if (next === undefined) return live();
        closeSync(fd);
        fd = openSync(next, "r");
        continue;
      }
      const bytes = Buffer.concat([rest, chunk]);
      const end = bytes.lastIndexOf(0x0a) + 1;
      rest = bytes.subarray(end);
      const lines = bytes.subarray(0, end).toString().split("\n").filter((line) => sequenceOf(line) > after);
      if (lines.length === 0 || socket.write(lines.map(recordLine).join(""))) await new Promise((resolve) => setImmediate(resolve));
      else await Promise.race([once(socket, "drain"), once(socket, "close")]);
    }
  } finally {
    closeSync(fd);
  }
}

function readChunk(fd: number): Buffer {
  const chunk = Buffer.alloc(chunkBytes);
  return chunk.subarray(0, readSync(fd, chunk));
}

function filesOf(file: string): readonly string[] {
  return auditFiles(basename(file), readdirSync(dirname(file))).map((name) => join(dirname(file), name));
}

/** The file that holds what comes after a line, or the first there is. */
function firstFile(file: string, after: number): string {
  const files = filesOf(file);
  const held = files.findLast((each) => {
    const first = firstSequence(each);
    return first >= 0 && first <= after + 1;
  });
  return held ?? files[0] ?? file;
}

/** What follows a file that was read to its end; by its inode, for it may have been moved aside meanwhile. Undefined for the one that is written to. */
function fileAfter(fd: number, file: string): string | undefined {
  const { ino } = fstatSync(fd);
  const files = filesOf(file);
  const index = files.findIndex((each) => statSync(each).ino === ino);
  if (index === -1) throw new Error("The file was removed while it was read.");
  return files[index + 1];
}

function firstSequence(path: string): number {
  const fd = openSync(path, "r");
  try {
    const start = Buffer.alloc(64);
    return sequenceOf(start.subarray(0, readSync(fd, start)).toString());
  } finally {
    closeSync(fd);
  }
}

// The format begins a line with it, so that not every line of a large file has to be parsed.
function sequenceOf(line: string): number {
  return Number(/^\{"seq":([0-9]+),/.exec(line)?.[1] ?? -1);
}

function recordLine(line: string): string {
  return `{"record":${line}}\n`;
}
