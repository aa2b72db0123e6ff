import { expect, test } from "vitest";
import { auditFiles, rotatedAuditFile } from "./files.ts";

test("the files of a log are read from the oldest to the one that is written to, and nothing else is one", () => {
  const strangers = ["audit.jsonl.next", "audit.x.jsonl", "audit.0.jsonl", "audit.01.jsonl", "audit.1.jsonl.gz", "other.1.jsonl", "metadata.json", "audit.-1.jsonl", "audit.1e3.jsonl"];
  const own = [10, 2, 1, 100].map((number) => rotatedAuditFile("audit.jsonl", number));
  expect(auditFiles("audit.jsonl", [...strangers, "audit.jsonl", ...own])).toEqual(["audit.1.jsonl", "audit.2.jsonl", "audit.10.jsonl", "audit.100.jsonl", "audit.jsonl"]);
  expect(auditFiles("audit.jsonl", ["audit.1.jsonl"])).toEqual(["audit.1.jsonl"]);
});
