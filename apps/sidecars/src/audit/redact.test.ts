import type { AuditEvent } from "@bottle/manifest";
import { formatAuditLine, parseAuditLine } from "@bottle/manifest/state";
import { expect, test } from "vitest";
import { redact } from "./redact.ts";

const denied: AuditEvent = {
  type: "network", decision: "deny", layer: "route", reason: "no-route", host: "api.example.com", port: 8443, method: "GET", path: "/a", bytesOut: 123456,
};

test("a credential is taken out of every text, whole or in the middle, however it would be escaped in JSON", () => {
  const secret = "hush\"\\\n\u{1f600}é";
  expect(redact({ ...denied, path: `/x/${secret}/y/${secret}`, host: secret }, [secret])).toEqual({ ...denied, path: "/x/[secret]/y/[secret]", host: "[secret]" });
});

test("numbers stay what they are, also when a credential's digits are in them", () => {
  expect(redact(denied, ["8443", "2345"])).toEqual(denied);
  expect(redact({ ...denied, path: "/8443" }, ["8443"])).toEqual({ ...denied, path: "/[secret]" });
});

test.each(["host", "path", "method", "type", "network", "decision", "deny", "bytesOut"])("a credential that is %j renames no key and breaks no line", (secret) => {
  const clean = redact({ ...denied, path: `/${secret}` }, [secret]);
  expect(clean).toEqual({ ...denied, path: "/[secret]" });
  const line = formatAuditLine({ seq: 0, time: "2026-01-02T03:04:05.678Z", identity: "demo-4k2x9", prev: "0".repeat(64), event: clean });
  expect(parseAuditLine(line).event).toEqual(clean);
});

test.each<[string, AuditEvent]>([
  ["push", { type: "git", decision: "deny", op: "push", repository: "app", reason: "why" }],
  ["ready", { type: "lifecycle", event: "ready" }],
  ["done", { type: "control", op: "reload", outcome: "done" }],
  ["approved", { type: "grant", decision: "approved", proposal: "p1" }],
])("a credential that is the fixed word %j leaves the word: its line must be read again", (secret, event) => {
  expect(redact(event, [secret])).toEqual(event);
});

test("a credential that holds another is taken out whole", () => {
  expect(redact({ ...denied, path: "/abcdefgh" }, ["cdef", "abcdefgh"])).toEqual({ ...denied, path: "/[secret]" });
});

test("texts under four characters are no credential worth the reading", () => {
  expect(redact(denied, ["", "a", "GET"])).toEqual(denied);
});

test("of a push a credential is taken out of names and paths; ids and fixed words stay, so that its line can be read again", () => {
  const [id, secret] = ["0123456789abcdef0123456789abcdef01234567", "hush-hush"];
  const push: AuditEvent = {
    type: "git", decision: "deny", op: "push", repository: "app", reason: "secret-found", refs: [{ ref: `refs/heads/${secret}`, old: id, new: id }],
    findings: [{ rule: "TOKEN", kind: "known", object: id, type: "blob", path: `a/${secret}.txt`, commit: id }],
  };
  const clean = redact(push, [secret, "blob", "known", "4567"]);
  expect(clean).toEqual({ ...push, refs: [{ ref: "refs/heads/[secret]", old: id, new: id }], findings: [{ rule: "TOKEN", kind: "known", object: id, type: "blob", path: "a/[secret].txt", commit: id }] });
  const line = formatAuditLine({ seq: 0, time: "2026-01-02T03:04:05.678Z", identity: "demo-4k2x9", prev: "0".repeat(64), event: clean });
  expect(parseAuditLine(line).event).toEqual(clean);
});
