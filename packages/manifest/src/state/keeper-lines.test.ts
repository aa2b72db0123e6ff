import { expect, test } from "vitest";
import { formatRecordLine, formatSealedLine, parseRecordLine, parseSealedLine } from "./keeper-lines.ts";

const head = { seq: 3, hash: "a".repeat(64), key: "k".repeat(43) };

test("what the keeper and the sidecars say to each other is read as it was written", () => {
  for (const event of [{ type: "lifecycle", event: "agent-exit", detail: "exit status 1\n" }, { type: "lifecycle", event: "stop" }] as const) {
    expect(formatRecordLine(event)).not.toContain("\n");
    expect(parseRecordLine(formatRecordLine(event))).toEqual(event);
  }
  for (const each of [head, { ...head, closed: true as const }]) expect(parseSealedLine(formatSealedLine(each))).toEqual(each);
});

test.each(["", "{", "null", "[]", "{\"record\":{}}", "{\"record\":{\"type\":\"network\"}}", "{\"record\":{\"type\":\"lifecycle\",\"event\":\"ready\"},\"more\":1}",
  "{\"sealed\":{\"seq\":0}}", formatSealedLine({ ...head, hash: "x" }), formatSealedLine({ ...head, seq: -1 }), "{\"want\":\"TOKEN\"}"])("%j is neither", (line) => {
  expect([parseRecordLine(line), parseSealedLine(line)]).toEqual([undefined, undefined]);
});
