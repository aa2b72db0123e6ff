import { expect, test } from "vitest";
import { findById } from "./find.ts";

const all = ["p-aaaaaaaa", "p-aaaaaaab", "p-b0000000"];
const find = (given: string): string => findById(all, given, (id) => id);

test.each([["p-aaaaaaaa", "p-aaaaaaaa"], ["aaaaaaab", "p-aaaaaaab"], ["b", "p-b0000000"], ["p-b0", "p-b0000000"]])("%s means %s", (given, id) => {
  expect(find(given)).toBe(id);
});

test("what begins several is refused with them", () => {
  expect(() => find("p-a")).toThrow(expect.objectContaining({ code: "proposal-ambiguous", status: 2, message: '"p-a" could be any of p-aaaaaaaa, p-aaaaaaab.' }));
});

test("nothing at all names none, even where there is only one", () => {
  for (const given of ["", "p-"]) expect(() => findById(["p-aaaaaaaa"], given, (id) => id)).toThrow(expect.objectContaining({ code: "proposal-ambiguous" }));
});

test("what is none is refused, made visible", () => {
  expect(() => find("x\u001b[2J")).toThrow(expect.objectContaining({ code: "proposal-unknown", status: 6, message: 'There is no proposal "x\\u001b[2J".' }));
});
