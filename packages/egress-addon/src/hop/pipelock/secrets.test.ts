import { expect, test } from "vitest";
import { renderSecretsFile } from "./secrets.ts";

test("one secret a line, each once", () => {
  expect(renderSecretsFile(["sixteen-letters-", "another-secret-of-mine", "sixteen-letters-"])).toEqual({ text: "sixteen-letters-\nanother-secret-of-mine\n", leftOut: 0 });
});

test.each(["fifteen-letters", "two-lines-of-\ntext-in-a-key", "carriage-return\rinside-here", "#begins-with-a-comment", " begins-with-a-space", "ends-with-a-space ", ""])(
  "%j would be misread and is left out, and counted", (value) => {
    expect(renderSecretsFile([value, "sixteen-letters-"])).toEqual({ text: "sixteen-letters-\n", leftOut: 1 });
  });

test("never more than 4096 bytes or 1000 lines", () => {
  const many = renderSecretsFile(Array.from({ length: 500 }, (_, index) => `secret-number-${String(index).padStart(4, "0")}`));
  expect(Buffer.byteLength(many.text)).toBeLessThanOrEqual(4_096);
  expect(many.leftOut).toBe(500 - many.text.split("\n").length + 1);
  expect(renderSecretsFile(["é".repeat(2_048), "sixteen-letters-"])).toEqual({ text: "sixteen-letters-\n", leftOut: 1 });
});
