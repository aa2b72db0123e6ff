import { Transform } from "node:stream";
import { openEnd } from "./find-placeholders.ts";

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
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let rest: Buffer = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      for (let at = rest.indexOf(needle); at !== -1; at = rest.indexOf(needle)) {
        this.push(rest.subarray(0, at));
        this.push(put);
        rest = rest.subarray(at + needle.length);
      }
      const open = openEnd(rest, [needle]);
      held = rest.subarray(rest.length - open);
      if (rest.length > open) this.push(rest.subarray(0, rest.length - open));
      done();
    },
    flush(done) {
      if (held.length > 0) this.push(held);
      done();
    },
  });
}

function escapeMarkup(value: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;" };
  return value.replaceAll(/[&<>"']/g, (char) => entities[char] ?? char);
}
