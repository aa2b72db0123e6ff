import type { Finding } from "@bottle/secret-scan";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DlpAction } from "../policy/model.ts";
import { credentialMark, isAlarm, refusalFor, tooLarge } from "./verdict.ts";

const finding = (kind: Finding["kind"], severity: Finding["severity"] = "high", rule = "rule"): Finding => ({ kind, severity, rule, where: "body", via: [] });
const credential = finding("known", "critical", `${credentialMark}TOKEN`);
type Reason = ReturnType<typeof refusalFor>;

test.each<[string, Finding, Reason, Reason, Reason]>([
  ["a route's credential", credential, "secret-found", "secret-found", "secret-found"],
  ["a canary", finding("canary"), "secret-found", "secret-found", "secret-found"],
  ["a listed value", finding("known", "critical"), "secret-found", undefined, undefined],
  ["a shape", finding("pattern"), "secret-found", undefined, undefined],
  ["a shape that texts have too", finding("pattern", "low"), undefined, undefined, undefined],
  ["a pack's finding", finding("pack", "medium"), "secret-found", undefined, undefined],
  ["what cannot be read", finding("unscannable", "medium"), "unscannable", undefined, undefined],
  ["what cannot be read, of low severity", finding("unscannable", "low"), "unscannable", undefined, undefined],
  ["what is too long", tooLarge("body"), "unscannable", undefined, undefined],
])("%s is refused on block, warn and off: %#", (_, one, block, warn, off) => {
  expect((["block", "warn", "off"] as const).map((action) => refusalFor([one], action))).toEqual([block, warn, off]);
});

test("nothing found refuses nothing, and a secret counts before what cannot be read", () => {
  expect(refusalFor([], "block")).toBeUndefined();
  expect(refusalFor([finding("unscannable"), finding("pattern")], "block")).toBe("secret-found");
});

const anyFinding = fc.record({ kind: fc.constantFrom<Finding["kind"][]>("known", "canary", "pattern", "pack", "unscannable"),
  severity: fc.constantFrom<Finding["severity"][]>("critical", "high", "medium", "low"), rule: fc.constantFrom("rule", `${credentialMark}TOKEN`), where: fc.constant("body"), via: fc.constant<string[]>([]) });

test("a finding more never turns a refusal into a pass, whatever the order", () => {
  fc.assert(fc.property(fc.array(anyFinding), anyFinding, fc.constantFrom<DlpAction[]>("block", "warn", "off"), (findings, more, action) => {
    const before = refusalFor(findings, action);
    expect(before === undefined || refusalFor([more, ...findings], action) !== undefined).toBe(true);
    expect(refusalFor(findings.toReversed(), action)).toBe(before);
    if (findings.some(isAlarm)) expect(before).toBe("secret-found");
  }));
});
