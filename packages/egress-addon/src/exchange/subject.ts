import { parseAuthority } from "../policy/authority.ts";
import { valuesOf } from "./headers.ts";
import type { RequestHead, Tunnel } from "./read-request.ts";
import type { RecordSubject } from "./record.ts";

const longest = 2_048;

/** What a request claims to be, for the record and the refusal. Nothing is decided by it. */
export function subjectOf(head: RequestHead, tunnel: Tunnel | undefined): RecordSubject {
  const absolute = /^[a-z]+:\/\/([^/?#]*)(.*)$/is.exec(head.target);
  const claimed = absolute?.[1] ?? valuesOf(head.headers, "host")[0] ?? "";
  const { host, port } = tunnel ?? parseAuthority(claimed, 80) ?? { host: printable(claimed), port: 0 };
  const path = absolute?.[2] ?? head.target;
  return { host, port, method: head.method, path: printable(path.replace(/[?#].*$/s, "") || "/") };
}

/** Control characters and what is too long for a record are left out. */
export function printable(text: string): string {
  return text.slice(0, longest).replace(/[^\x20-\x7e]/g, "?");
}
