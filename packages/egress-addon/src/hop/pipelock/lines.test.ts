import { expect, test } from "vitest";
import { readOrder, readReport } from "./lines.ts";

test.each(["start", "hang-up", "stop"] as const)("%s is an order", (order) => {
  expect(readOrder(JSON.stringify({ order }))).toEqual({ order });
});

test.each(["", "{", "[]", "null", "1", `{"order":"exec"}`, `{"order":["start"]}`, `{"order":"__proto__"}`])("%j is neither an order nor a report", (text) => {
  expect([readOrder(text), readReport(text)]).toEqual([undefined, undefined]);
});

test("a line and an end are reports, in just these words", () => {
  expect(readReport(`{"line":"x","from":"stderr","more":1}`)).toEqual({ line: "x", from: "stderr" });
  expect(readReport(`{"ended":{"code":1,"signal":null}}`)).toEqual({ ended: { code: 1 } });
  expect(readReport(`{"ended":{"signal":"SIGKILL"}}`)).toEqual({ ended: { signal: "SIGKILL" } });
  expect([readReport(`{"line":"x","from":"stdin"}`), readReport(`{"line":1,"from":"stdout"}`), readReport(`{"ended":null}`)]).toEqual([undefined, undefined, undefined]);
});
