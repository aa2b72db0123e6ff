import { writeSync } from "node:fs";
import { openAuditLog } from "../audit/log.ts";

/** A program that writes to the log at its first argument until it is killed: on standard output its first head, then how many lines it has written. */
const [, , file = ""] = process.argv;
const log = openAuditLog({
  file, identity: "test-00000", secrets: [], maxBytes: 1e9, maxFileBytes: 20_000, unsignedLines: 5, unsignedMs: 1000,
  onFailed: (error) => {
    throw error;
  },
});
writeSync(1, `${JSON.stringify(log.head)}\n`);
for (let count = 1; ; count += 1) {
  log.append({ type: "control", op: "note", outcome: "done", detail: `${process.pid} ${count} ${"x".repeat(count % 300)}` });
  writeSync(1, `${count}\n`);
}
