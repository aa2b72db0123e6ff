import type { Readable } from "node:stream";

/** Everything a stream gives, as one piece. */
export async function readAll(stream: Readable | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  if (stream) for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
