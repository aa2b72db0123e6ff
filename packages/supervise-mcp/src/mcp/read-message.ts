import type { IncomingMessage } from "node:http";
import type { PlainAnswer } from "./guard.ts";

/** A Dockerfile with each of its characters escaped, and room for what is around it. */
const mostBytes = 524_288;
const deepest = 32;

/** The JSON object of a body, or why it is none. It is bounded in bytes and depth; how long it may take is the server's to bound. */
export async function readMessage(request: IncomingMessage): Promise<{ readonly message: object } | PlainAnswer> {
  const tooLarge = { status: 413, text: `A message is at most ${mostBytes} bytes.`, headers: { connection: "close" } };
  if (Number(request.headers["content-length"] ?? 0) > mostBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not destroyed on the way out, so that it can be told why.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) return tooLarge;
    chunks.push(chunk);
  }
  return parseMessage(Buffer.concat(chunks));
}

/** Reads one JSON-RPC message; batches are none (MCP 2025-06-18 took them out). */
export function parseMessage(bytes: Buffer): { readonly message: object } | PlainAnswer {
  if (depthOf(bytes) > deepest) return { status: 400, text: `A message is at most ${deepest} levels deep.` };
  try {
    const message: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof message === "object" && message !== null && !Array.isArray(message)) return { message };
  } catch {
    // V8's message quotes the text.
  }
  return { status: 400, text: "A body is one JSON-RPC message: a JSON object in UTF-8." };
}

/** How deep the brackets of a JSON text go, without building anything of it. */
function depthOf(bytes: Buffer): number {
  let depth = 0;
  let most = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (isText && byte === 0x5c) at += 1;
    else if (byte === 0x22) isText = !isText;
    else if (!isText && (byte === 0x7b || byte === 0x5b)) most = Math.max(most, (depth += 1));
    else if (!isText && (byte === 0x7d || byte === 0x5d)) depth -= 1;
  }
  return most;
}
