import type { AuditEvent } from "@bottle/manifest";
import { formatAuditLine, parseAuditLine } from "@bottle/manifest/state";
import { expect, test } from "vitest";
import { redact } from "./redact.ts";

const id = "0123456789abcdef0123456789abcdef01234567";

/** Each type with every field it can have. */
const samples: { readonly [Type in AuditEvent["type"]]: Required<Extract<AuditEvent, { readonly type: Type }>> } = {
  network: {
    type: "network", decision: "deny", layer: "route", reason: "no-route", host: "a.test", port: 443, method: "GET", path: "/", route: "a.test", status: 403, bytesOut: 1, bytesIn: 2,
    tokenRef: "TOKEN", findings: [{ rule: "r", kind: "known", where: "header X", via: ["gzip"] }], alarm: true, count: 2,
  },
  lifecycle: { type: "lifecycle", event: "agent-exit", detail: "d" },
  control: { type: "control", op: "reload", outcome: "done", detail: "d" },
  git: {
    type: "git", decision: "deny", op: "push", repository: "app", reason: "secret-found", refs: [{ ref: "refs/heads/a", old: id, new: id }], moreRefs: 1, identityFile: "app_deploy", objects: 1, bytes: 2,
    findings: [{ rule: "r", kind: "known", object: id, type: "blob", path: "a/b", within: "gzip", line: 1, commit: id }],
  },
  proposal: { type: "proposal", state: "pending", kind: "egress", proposal: "p-00000000", detail: "d" },
  grant: { type: "grant", decision: "approved", proposal: "p-00000000", by: "me@host", detail: "d" },
  checkpoint: { type: "checkpoint", key: "k".repeat(43), signature: "s".repeat(86), closed: true },
};

// Words of the format, which no text of anybody's can be in; of a checkpoint all is made here.
const words: ReadonlySet<string> = new Set([
  "network.type", "network.decision", "network.findings.0.kind", "lifecycle.type", "lifecycle.event", "control.type", "control.outcome", "git.type", "git.decision", "git.op",
  "git.findings.0.kind", "git.findings.0.type", "proposal.type", "proposal.state", "proposal.kind", "grant.type", "grant.decision", "checkpoint.type", "checkpoint.key", "checkpoint.signature",
]);
const ids: ReadonlySet<string> = new Set(["git.refs.0.old", "git.refs.0.new", "git.findings.0.object", "git.findings.0.commit"]);

const paths = Object.entries(samples).flatMap(([type, event]) => textPaths(event, [type]));

test("every text of every event is looked at here", () => {
  expect(paths.filter((path) => words.has(path.join(".")) || ids.has(path.join("."))).length).toBe(words.size + ids.size);
  expect(paths.length - words.size - ids.size).toBe(25);
});

test.each(paths.filter((path) => !words.has(path.join("."))).map((path) => [path.join("."), path] as const))("a credential in %s is not written, and the line can be read", (name, path) => {
  const secret = ids.has(name) ? "feedc0de".repeat(5) : "hush-hush\"\\\u202e\n{secret}";
  const clean = redact(withText(samples[path[0] as AuditEvent["type"]], path.slice(1), secret) as AuditEvent, [secret]);
  const line = formatAuditLine({ seq: 0, time: "2026-01-02T03:04:05.678Z", identity: "demo-4k2x9", prev: "0".repeat(64), event: clean });
  expect(line).not.toContain("hush-hush");
  expect(line).not.toContain("feedc0de");
  expect(parseAuditLine(line).event).toEqual(clean);
});

function textPaths(value: unknown, path: readonly string[]): readonly (readonly string[])[] {
  if (typeof value === "string") return [path];
  return typeof value === "object" && value !== null ? Object.entries(value).flatMap(([key, item]) => textPaths(item, [...path, key])) : [];
}

function withText(value: unknown, [key, ...rest]: readonly string[], text: string): unknown {
  if (key === undefined) return text;
  if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === key ? withText(item, rest, text) : item));
  const record = value as Readonly<Record<string, unknown>>;
  return { ...record, [key]: withText(record[key], rest, text) };
}
