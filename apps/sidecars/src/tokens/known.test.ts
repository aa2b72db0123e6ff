import { expect, test } from "vitest";
import { knownTokens } from "./known.ts";

test("a renewed credential's earlier values are looked for as well, the newest eight", () => {
  const known = knownTokens({ A: "a0", B: "b0" });
  for (let index = 1; index <= 9; index += 1) known.know("A", `a${index}`);
  known.know("A", "a9");
  known.know("C", "c0");
  const values = known.entries().map(({ tokenRef, value }) => `${tokenRef}=${value}`);
  expect(values).toEqual(["A=a2", "A=a3", "A=a4", "A=a5", "A=a6", "A=a7", "A=a8", "A=a9", "B=b0", "C=c0"]);
});
