import { expect, test } from "vitest";
import { createRedact } from "./redact.ts";

test("a known value is taken out of every text in its usual spellings, and fixed words and numbers stay", () => {
  let values = ["s3cret/value"];
  const redact = createRedact(() => values);
  const entry = { type: "request", path: "/a/s3cret/value/s3cret%2Fvalue", host: Buffer.from("s3cret/value").toString("hex"), status: 200, reason: "no-route", findings: [{ rule: "a", where: "json $.s3cret/value" }] };
  expect(redact(entry)).toEqual({ type: "request", path: `/a/${"*".repeat(12)}/${"*".repeat(14)}`, host: "*".repeat(24), status: 200, reason: "no-route", findings: [{ rule: "a", where: `json $.${"*".repeat(12)}` }] });
  values = ["another-value"];
  expect(redact({ type: "request", path: "/another-value/s3cret/value" })).toEqual({ type: "request", path: `/${"*".repeat(13)}/s3cret/value` });
});

test("a long text is cut after it was searched, so that no half of a value is left", () => {
  const redact = createRedact(() => ["secret-value"]);
  const cut = redact({ type: "request", path: `${"x".repeat(4_090)}secret-value` })["path"];
  expect(cut).toBe(`${"x".repeat(4_090)}******…`);
});
