import { aliasName, type RawHeaders, requestHeaders } from "../../exchange/headers.ts";
import { credentialHeaders, shapingHeaders } from "../inject.ts";
import type { Placeholder } from "./compile-placeholders.ts";

const shaping: ReadonlySet<string> = new Set(shapingHeaders);

/**
 * A request's headers with the value wherever the placeholder stands, also within Basic credentials (RFC 7617). Headers for
 * credentials without it do not pass: they would be the agent's own.
 */
export function replaceInHeaders(headers: RawHeaders, placeholder: Placeholder, value: string): string[] {
  const kept = requestHeaders(headers, shaping);
  const replaced: string[] = [];
  for (let index = 0; index < kept.length; index += 2) {
    const [name = "", sent = ""] = kept.slice(index, index + 2);
    const alias = aliasName(name);
    const put = replaceInValue(alias, sent, placeholder.text, value);
    if (put !== sent || !credentialHeaders.includes(alias)) replaced.push(name, put);
  }
  return [...replaced, "Accept-Encoding", "identity"];
}

/** A path (no query) with the value, as the text of a segment or of a part of one (RFC 3986 §3.3). */
export function replaceInPath(path: string, placeholder: Placeholder, value: string): string {
  return path.replaceAll(placeholder.inUrl, () => segmentText(value));
}

/** A query with the value, as a parameter's text. */
export function replaceInQuery(query: string, placeholder: Placeholder, value: string): string {
  return query.replaceAll(placeholder.inUrl, () => encodeURIComponent(value));
}

/** A value percent-encoded, but for what a segment may have as it is and servers give no meaning. */
export function segmentText(value: string): string {
  return encodeURIComponent(value).replaceAll(/%(?:3A|40|24|26|2B|2C|3D)/g, decodeURIComponent);
}

function replaceInValue(alias: string, sent: string, text: string, value: string): string {
  const [, scheme = "", encoded] = alias === "authorization" ? /^(\s*basic\s+)([A-Za-z0-9+/=_-]+)\s*$/i.exec(sent) ?? [] : [];
  if (encoded === undefined) return sent.replaceAll(text, () => value);
  const plain = Buffer.from(encoded, "base64").toString("latin1");
  return plain.includes(text) ? scheme + Buffer.from(plain.replaceAll(text, () => value), "latin1").toString("base64") : sent;
}
