import type { RawHeaders } from "../../exchange/headers.ts";
import { perHead } from "../../per-head.ts";
import type { Placeholders } from "./compile-placeholders.ts";

const nothing: ReadonlySet<string> = new Set();

/** Everything of a request's head in which a placeholder may stand. */
export interface PlaceholderHead {
  readonly host: string;
  readonly path: string;
  readonly headers: RawHeaders;
}

/** The tokenRefs whose placeholders are in a head, in any form, also if one is split over headers or parameters. */
export function findInHead(placeholders: Placeholders, head: PlaceholderHead): ReadonlySet<string> {
  if (placeholders.size === 0) return nothing;
  const inHeaders = findInHeaders(head.headers, placeholders);
  const url = decodeFully(head.path);
  const inTarget = findIn(placeholders, [head.path, url, parametersOf(url)].join("\n"), head.host);
  return inTarget.size === 0 ? inHeaders : new Set([...inHeaders, ...inTarget]);
}

const findInHeaders = perHead<Placeholders, ReadonlySet<string>>((headers, placeholders) => {
  const names = headers.filter((_, index) => index % 2 === 0);
  const values = headers.filter((_, index) => index % 2 === 1);
  return findIn(placeholders, [names.join("\n"), values.map(decodeFully).join(""), ...values.flatMap(basicOf)].join("\n"), names.join("\n"));
});

// A name is sent in lower case, whatever was meant; so are a host's labels. No line's end is in a placeholder.
function findIn(placeholders: Placeholders, text: string, caseless: string): ReadonlySet<string> {
  const folded = caseless.toLowerCase();
  const found = [...placeholders.values()].filter((one) => one.forms.some((form) => text.includes(form)) || folded.includes(one.text.toLowerCase()));
  return found.length === 0 ? nothing : new Set(found.map(({ tokenRef }) => tokenRef));
}

/** Finds placeholders in a stream of bytes, also over the borders of chunks. */
export interface PlaceholderScan {
  /** The tokenRef of the first placeholder that was seen up to now, this chunk included. */
  push(chunk: Uint8Array): string | undefined;
}

/** A scan of a body, or of the messages of one direction of a WebSocket. */
export function createPlaceholderScan(placeholders: Placeholders): PlaceholderScan {
  const needles = needlesOf(placeholders);
  const kept = Math.max(0, ...needles.map(({ bytes }) => bytes.length - 1));
  let tail = Buffer.alloc(0);
  let found: string | undefined;
  return {
    push(chunk) {
      if (found !== undefined || kept === 0) return found;
      const bytes = Buffer.concat([tail, chunk]);
      found = needles.find((needle) => bytes.includes(needle.bytes))?.tokenRef;
      tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - kept)));
      return found;
    },
  };
}

/** How many bytes at the end may be the beginning of one of these. */
export function openEnd(bytes: Uint8Array, needles: readonly Buffer[]): number {
  const longest = Math.max(0, ...needles.map((needle) => needle.length - 1));
  for (let length = Math.min(longest, bytes.length); length > 0; length -= 1) {
    const end = bytes.subarray(bytes.length - length);
    if (needles.some((needle) => needle.length > length && needle[0] === end[0] && needle.subarray(0, length).equals(end))) return length;
  }
  return 0;
}

/** The bytes by which placeholders are known in a body. */
export function needlesOf(placeholders: Placeholders): readonly { readonly tokenRef: string; readonly bytes: Buffer }[] {
  return [...placeholders.values()].flatMap(({ tokenRef, forms }) => forms.map((form) => ({ tokenRef, bytes: Buffer.from(form) })));
}

function decodeFully(text: string): string {
  let current = text;
  for (let round = 0; round < 4 && current.includes("%"); round += 1) {
    current = current.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  return current;
}

function parametersOf(url: string): string {
  const at = url.indexOf("?");
  return at === -1 ? "" : url.slice(at + 1).split("&").map((pair) => pair.slice(pair.indexOf("=") + 1)).join("");
}

function basicOf(value: string): readonly string[] {
  const encoded = /^\s*basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(value)?.[1];
  return encoded === undefined ? [] : [Buffer.from(encoded, "base64").toString("latin1")];
}
