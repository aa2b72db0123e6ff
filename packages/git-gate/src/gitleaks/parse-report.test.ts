import { expect, test } from "vitest";
import { parseReport } from "./parse-report.ts";

const finding = { RuleID: "github-pat", Description: "d", StartLine: 3, EndLine: 3, StartColumn: 1, Match: "REDACTED", Secret: "REDACTED", File: "/gate/gitleaks/run-a/objects/0123abcd", Fingerprint: "x" };

test("a report gives rule, file and line, and nothing of what was found", () => {
  expect(parseReport(JSON.stringify([finding]))).toEqual([{ rule: "github-pat", file: "0123abcd", line: 3 }]);
  expect(parseReport("[]")).toEqual([]);
});

test.each([
  ["nothing", ""], ["half of one", "[{\"RuleID\":"], ["no list", "{}"], ["null", "null"], ["a list of texts", "[\"a\"]"],
  ["a finding without a rule", JSON.stringify([{ ...finding, RuleID: undefined }])],
  ["a rule that moves the terminal", JSON.stringify([{ ...finding, RuleID: "a\u001b[2J" }])],
  ["a finding without a file", JSON.stringify([{ ...finding, File: "" }])],
  ["a line in words", JSON.stringify([{ ...finding, StartLine: "3" }])],
  ["one bad among good ones", JSON.stringify([finding, {}])],
])("%s is no report", (_, text) => {
  expect(parseReport(text)).toBeUndefined();
});
