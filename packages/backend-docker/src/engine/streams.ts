import { once } from "node:events";
import { Duplex, PassThrough, Writable, type Readable } from "node:stream";

/** A program's streams, as a child process has them. */
export interface ProgramStreams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when nothing more will come: whether it was broken off on this side. */
  readonly closed: Promise<{ readonly isOurDoing: boolean }>;
  /** Breaks the connection off, read or not; the program inside is not told. So does more output for a reader who has gone. */
  close(): void;
}

const headerBytes = 8;
const standardError = 2;

/**
 * Takes a connection apart that carries a program's three streams. Output comes in frames: a byte for the stream (1 is
 * standard output, 2 standard error), three of nothing, four for the length, big-endian, and the content
 * (https://docs.docker.com/reference/api/engine/, ContainerAttach, "Stream format").
 */
export function takeApart(connection: Duplex): ProgramStreams {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stdin = new Writable({
    write: (chunk: Buffer, _encoding, done) => void connection.write(chunk, done),
    // One half of the connection: the output goes on.
    final: (done) => void connection.end(done),
  });
  let isOurDoing = false;
  const close = (): void => {
    isOurDoing = true;
    for (const stream of [connection, stdin, stdout, stderr]) stream.destroy();
  };
  for (const stream of [connection, stdin, stdout, stderr]) stream.on("error", () => undefined);
  const closed = hand(connection, { stdout, stderr }).catch((error: unknown) => {
    if (error instanceof ReaderGone) isOurDoing = true;
  }).then(() => {
    stdin.destroy();
    for (const output of [stdout, stderr]) output.end();
    return { isOurDoing };
  });
  return { stdin, stdout, stderr, closed, close };
}

/**
 * A program's standard input and output as one connection, which ends when the program does; destroying it breaks the program's
 * connection off. What was read of its output already is left out.
 */
export function asConnection({ stdin, stdout, close }: ProgramStreams): Duplex {
  const connection = new Duplex({
    allowHalfOpen: false,
    read: () => void stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => void stdin.write(chunk, done),
    final: (done) => void stdin.end(done),
    destroy: (error, done) => {
      close();
      done(error);
    },
  });
  stdout.on("data", (chunk: Buffer) => connection.push(chunk) || stdout.pause()).once("end", () => connection.push(null)).once("close", () => connection.push(null));
  return connection;
}

async function hand(connection: AsyncIterable<Buffer>, { stdout, stderr }: { readonly stdout: PassThrough; readonly stderr: PassThrough }): Promise<void> {
  let header: Buffer = Buffer.alloc(0);
  let output = stdout;
  let left = 0;
  for await (const chunk of connection) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const more = rest.subarray(0, headerBytes - header.length);
        rest = rest.subarray(more.length);
        header = Buffer.concat([header, more]);
        if (header.length < headerBytes) break;
        output = header[0] === standardError ? stderr : stdout;
        left = header.readUInt32BE(headerBytes / 2);
        header = Buffer.alloc(0);
      } else {
        const part = rest.subarray(0, left);
        rest = rest.subarray(part.length);
        left -= part.length;
        await pass(output, part);
      }
    }
  }
}

/** There is more for a reader who has gone: what SIGPIPE is to a program. One who goes after the last of it misses nothing. */
class ReaderGone extends Error {}

/** Waits where nobody reads, so that what is not read stays with the engine. @throws ReaderGone */
async function pass(output: PassThrough, part: Buffer): Promise<void> {
  if (output.destroyed) throw new ReaderGone();
  if (output.write(part)) return;
  const settled = new AbortController();
  await Promise.race([once(output, "drain", settled), once(output, "close", settled)]).catch(() => undefined);
  settled.abort();
}
