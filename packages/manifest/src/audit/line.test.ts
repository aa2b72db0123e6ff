import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auditStart, checkAuditChain, formatAuditLine, parseAuditLine, type AuditEvent, type AuditRecord } from "../index.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const network: AuditEvent = {
  type: "network", decision: "allow", layer: "route", reason: "a route allows it", host: "a.test", port: 443, method: "GET", path: "/",
  route: "a.test", status: 200, bytesOut: 1, bytesIn: 2, tokenRef: "T",
};
const record = (event: AuditEvent, seq = 0, prev = auditStart): AuditRecord => ({ seq, time: "2026-01-02T03:04:05.678Z", identity: "demo-4k2x9", prev, event });

function chain(...events: readonly AuditEvent[]): string[] {
  const lines: string[] = [];
  for (const event of events) lines.push(formatAuditLine(record(event, lines.length, lines.length === 0 ? auditStart : sha256(lines.at(-1) ?? ""))));
  return lines;
}

describe("a line", () => {
  test("is one exact text, whatever the order of an event's keys", () => {
    const { type, ...rest } = network;
    const reversed = { ...Object.fromEntries(Object.entries(rest).reverse()), type } as AuditEvent;
    expect(formatAuditLine(record(network))).toBe(
      `{"seq":0,"time":"2026-01-02T03:04:05.678Z","identity":"demo-4k2x9","prev":"${"0".repeat(64)}","event":{"type":"network","bytesIn":2,"bytesOut":1,`
      + "\"decision\":\"allow\",\"host\":\"a.test\",\"layer\":\"route\",\"method\":\"GET\",\"path\":\"/\",\"port\":443,\"reason\":\"a route allows it\","
      + "\"route\":\"a.test\",\"status\":200,\"tokenRef\":\"T\"}}");
    expect(formatAuditLine(record(reversed))).toBe(formatAuditLine(record(network)));
  });

  test.each<AuditEvent>([
    network,
    { ...network, decision: "deny", count: 1200 },
    { type: "lifecycle", event: "launch" },
    { type: "lifecycle", event: "sidecars-died", detail: "signal 9" },
    { type: "control", op: "reload", outcome: "done" },
    { type: "git", decision: "deny", op: "push", repository: "app", reason: "a secret in README.md" },
    { type: "git", decision: "allow", op: "fetch", repository: "app", reason: "served" },
    {
      type: "git", decision: "deny", op: "push", repository: "app", reason: "secret-found", objects: 4, bytes: 812, moreRefs: 1,
      refs: [{ ref: "refs/heads/agent/one", new: "a".repeat(40) }, { ref: "refs/heads/old", old: "b".repeat(64) }],
      findings: [{ rule: "DEPLOY_TOKEN", kind: "known", object: "c".repeat(40), type: "blob", path: "src/a.ts", within: "gzip", line: 3, commit: "d".repeat(40) }],
    },
    { type: "grant", decision: "approved", proposal: "p1" },
  ])("of a $type event is read back", (event) => {
    expect(parseAuditLine(formatAuditLine(record(event)))).toEqual(record(event));
  });

  test("holds printable text only, and gives every text back", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (path) => {
      const line = formatAuditLine(record({ ...network, path }));
      expect(line).not.toMatch(/[^ -~\u00a1-\uffff\u{10000}-\u{10ffff}]/u);
      expect(line).not.toMatch(/[\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/);
      expect(parseAuditLine(line).event).toEqual({ ...network, path });
    }), { numRuns: 1000 });
  });

  test("of a huge request is cut", () => {
    const line = formatAuditLine(record({ ...network, path: `/${"x".repeat(1_000_000)}` }));
    expect(line.length).toBeLessThan(5000);
    expect(parseAuditLine(line).event).toMatchObject({ path: `/${"x".repeat(4095)}…[995905 more]` });
  });

  test("of a push of many refs with long names is cut, and says how many there are", () => {
    const push: AuditEvent = {
      type: "git", decision: "deny", op: "push", repository: "app", reason: "limit-objects",
      refs: Array.from({ length: 5000 }, (_, at) => ({ ref: `refs/heads/${at}/${"x".repeat(4000)}`, new: "a".repeat(40) })),
      findings: Array.from({ length: 5000 }, () => ({ rule: "r", kind: "pattern" as const, object: "c".repeat(40), type: "blob" as const, path: "\u202e".repeat(4000) })),
    };
    const line = formatAuditLine(record(push));
    expect(line.length).toBeLessThan(300_000);
    const { event } = parseAuditLine(line);
    expect(event).toMatchObject({ moreRefs: 4900, refs: { length: 100, 0: { ref: expect.stringMatching(/^refs\/heads\/0\/x{243}…\[3757 more\]$/), new: "a".repeat(40) } }, findings: { length: 100 } });
  });

  const push = { type: "git", decision: "deny", op: "push", repository: "app", reason: "x" };
  test.each([
    { ...push, refs: [{ ref: "a", new: "hunter2" }] }, { ...push, objects: -1 }, { ...push, moreRefs: 0 }, { ...push, op: "clone" },
    { ...push, findings: [{ rule: "r", kind: "known", object: "c".repeat(40), type: "blob", text: "hunter2" }] },
  ])("of a push that is no form of ours is refused: %j", (event) => {
    const line = JSON.stringify({ ...record(network), event });
    expect(() => parseAuditLine(line)).toThrow(expect.objectContaining({ code: "audit-line-invalid", message: expect.not.stringContaining("hunter2") }));
  });

  test.each(["", "{}", "null", "[]", "{\"seq\":0}\n", formatAuditLine(record(network)).replace("\"allow\"", "\"maybe\""),
    formatAuditLine(record({ ...network, count: 0 })), formatAuditLine(record({ ...network, count: 1.5 })),
    formatAuditLine(record(network)).replace("\"port\"", "\"token\":\"hunter2\",\"port\"")])("%.30j is refused, and no value is shown", (line) => {
    expect(() => parseAuditLine(line)).toThrow(expect.objectContaining({ code: "audit-line-invalid", message: expect.not.stringContaining("hunter2") }));
  });
});

describe("a chain", () => {
  const lines = chain({ type: "lifecycle", event: "launch" }, network, { type: "lifecycle", event: "stop" });

  test("holds from the first line to the last", () => {
    expect(checkAuditChain(lines, sha256)).toEqual({ ok: true, lines: 3, last: sha256(lines[2] ?? "") });
    expect(checkAuditChain([], sha256)).toEqual({ ok: true, lines: 0, last: auditStart });
  });

  const before = "The line before it was changed, added or removed.";
  test.each([
    ["a changed line", lines.map((line, at) => (at === 1 ? line.replace("200", "403") : line)), 3, before],
    ["a removed line", lines.toSpliced(1, 1), 2, before],
    ["a removed first line", lines.slice(1), 1, before],
    ["swapped lines", [lines[1] ?? "", lines[0] ?? "", lines[2] ?? ""], 1, before],
    ["a repeated number", [lines[0] ?? "", formatAuditLine(record(network, 0, sha256(lines[0] ?? "")))], 2, "Its number is 0, not 1."],
    ["another bottle's line", [lines[0] ?? "", formatAuditLine({ ...record(network, 1, sha256(lines[0] ?? "")), identity: "other-00000" })], 2, "It belongs to another bottle."],
    ["a cut line", [lines[0] ?? "", (lines[1] ?? "").slice(0, 40)], 2, "A line of the audit log is not JSON (40 characters). It may have been cut short."],
  ])("shows %s", (_, changed, line, reason) => {
    expect(checkAuditChain(changed, sha256)).toEqual({ ok: false, line, reason });
  });
});
