import type { IncomingMessage } from "node:http";
import { ScriptedModelError } from "./errors.ts";

const limitBytes = 64 * 1024 * 1024;

/**
 * The whole body as UTF-8 text.
 * @throws ScriptedModelError `body-too-large` over 64 MiB, `request-invalid` if it is compressed
 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw new ScriptedModelError("request-invalid", `The body is ${encoding}; send it plain.`);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limitBytes) throw new ScriptedModelError("body-too-large", `The body is over ${limitBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
