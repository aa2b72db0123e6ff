import { expect, test } from "vitest";
import { asLasting, perHead } from "./per-head.ts";

test("what could still change is made each time, what is frozen once for each key in a row", () => {
  let count = 0;
  const made = perHead<string, string>((headers, key) => `${headers.join()} ${key} ${count += 1}`);
  const loose = ["a", "b"];
  expect(made(loose, "k")).toBe("a,b k 1");
  loose[1] = "c";
  expect(made(loose, "k")).toBe("a,c k 2");
  const fixed = Object.freeze(["a", "b"]);
  expect([made(fixed, "k"), made(fixed, "k"), made(fixed, "l"), made(fixed, "k")]).toEqual(["a,b k 3", "a,b k 3", "a,b l 4", "a,b k 5"]);
  expect(made(Object.freeze(["a", "b"]), "k")).toBe("a,b k 6");
});

test("long heads are not remembered, so that what connections hold while they rest is little", () => {
  let count = 0;
  const made = perHead<undefined, number>(() => count += 1);
  for (const headers of [["a", "b".repeat(5000)], Array.from({ length: 200 }, () => "x")]) {
    const fixed = Object.freeze(headers);
    expect(made(fixed, undefined)).not.toBe(made(fixed, undefined));
  }
});

test("what is made of headers lasts if they do", () => {
  expect(Object.isFrozen(asLasting(["a"], ["b"]))).toBe(false);
  expect(Object.isFrozen(asLasting(["a"], Object.freeze(["b"])))).toBe(true);
});
