import type { Transform } from "node:stream";
import { openEndStream } from "./open-end-stream.ts";

/**
 * How a value is written into a body of this type: escaped for JSON, forms and XML, as it is in other text. `undefined` where
 * a replacement would break the format, or cannot be read.
 */
export function bodyText(contentType: string, value: string): string | undefined {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (/^(?:application|text)\/(?:[\w.-]+\+)?(?:json|x-ndjson|jsonl)$/.test(type)) return JSON.stringify(value).slice(1, -1);
  if (type === "application/x-www-form-urlencoded") return new URLSearchParams([["", value]]).toString().slice(1);
  if (/^(?:application|text)\/(?:[\w.-]+\+)?x?html$/.test(type) || /^(?:application|text)\/(?:[\w.-]+\+)?xml$/.test(type)) return escapeMarkup(value);
  return type === "multipart/form-data" || type.startsWith("text/") ? value : undefined;
}

/** Replaces a text in a stream of bytes, also over the borders of chunks. Nothing else waits. */
export function replaceStream(text: string, replacement: string): Transform {
  const needle = Buffer.from(text);
  const put = Buffer.from(replacement);
  return openEndStream([needle], (bytes, push) => {
    let rest = bytes;
    for (let at = rest.indexOf(needle); at !== -1; at = rest.indexOf(needle)) {
      push(rest.subarray(0, at));
      push(put);
      rest = rest.subarray(at + needle.length);
    }
    return rest;
  });
}

function escapeMarkup(value: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;" };
  return value.replaceAll(/[&<>"']/g, (char) => entities[char] ?? char);
}
