import { once } from "node:events";
import { PassThrough, Writable, type Duplex, type Readable } from "node:stream";

/** A program's streams, as a child process has them. */
export interface ProgramStreams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when nothing more will come, for whatever reason. */
  readonly closed: Promise<void>;
  /** Breaks the connection; the program inside is not told. */
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
  for (const stream of [connection, stdin, stdout, stderr]) stream.on("error", () => undefined);
  const closed = hand(connection, { stdout, stderr }).catch(() => undefined).then(() => {
    stdin.destroy();
    for (const stream of [stdout, stderr]) stream.end();
  });
  return { stdin, stdout, stderr, closed, close: () => void connection.destroy() };
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

/** Waits where nobody reads, so that what is not read stays with the engine. */
async function pass(output: PassThrough, part: Buffer): Promise<void> {
  if (output.destroyed || output.write(part)) return;
  const settled = new AbortController();
  await Promise.race([once(output, "drain", settled), once(output, "close", settled)]);
  settled.abort();
}
