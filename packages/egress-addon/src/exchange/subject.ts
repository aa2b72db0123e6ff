import { type HostPort, parseAuthority } from "@bottle/way-out";
import { valuesOf } from "./headers.ts";
import type { RequestHead, Tunnel } from "./read-request.ts";
import type { RecordSubject } from "./record.ts";

const longest = 2_048;

/** What a request claims to be, for the record and the refusal. Nothing is decided by it. */
export function subjectOf(head: RequestHead, tunnel: Tunnel | undefined): RecordSubject {
  const absolute = head.target.startsWith("/") ? null : /^[a-z]+:\/\/([^/?#]*)(.*)$/is.exec(head.target);
  const { host, port } = tunnel ?? claimedAuthority(absolute?.[1] ?? valuesOf(head.headers, "host")[0] ?? "");
  const path = absolute?.[2] ?? head.target;
  return { host, port, method: head.method, path: printable(withoutQuery(path) || "/") };
}

/** Control characters and what is too long for a record are left out. */
export function printable(text: string): string {
  const shown = text.length > longest ? text.slice(0, longest) : text;
  return /[^\x20-\x7e]/.test(shown) ? shown.replace(/[^\x20-\x7e]/g, "?") : shown;
}

function claimedAuthority(claimed: string): HostPort {
  return parseAuthority(claimed, 80) ?? { host: printable(claimed), port: 0 };
}

function withoutQuery(path: string): string {
  const query = path.indexOf("?");
  const rest = query === -1 ? path : path.slice(0, query);
  const fragment = rest.indexOf("#");
  return fragment === -1 ? rest : rest.slice(0, fragment);
}
