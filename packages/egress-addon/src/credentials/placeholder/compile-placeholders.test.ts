import { expect, test } from "vitest";
import { EgressError } from "../../errors.ts";
import { compilePlaceholders } from "./compile-placeholders.ts";
import { createPlaceholder } from "./create-placeholder.ts";

const one = "bottle-AbCdEfGhIjKlMnOpQrStUvWxYz012345";
const refusal = (given: Readonly<Record<string, unknown>>): string => {
  try {
    compilePlaceholders(given as Record<string, string>);
  } catch (error) {
    return error instanceof EgressError && error.code === "option-invalid" ? error.message : String(error);
  }
  return "accepted";
};

test("a new placeholder is accepted, and never the same again", () => {
  const made = Array.from({ length: 200 }, createPlaceholder);
  expect(new Set(made).size).toBe(200);
  expect(made.every((text) => /^bottle-[0-9A-Za-z]{32}$/.test(text))).toBe(true);
  expect(refusal(Object.fromEntries(made.map((text, index) => [`T${index}`, text])))).toBe("accepted");
});

test.each([
  ["short-Abcdefghijkl01234", "must have at least 24 characters"], ["", "must have at least 24 characters"], [undefined, "must have at least 24 characters"], [7, "must have at least 24 characters"],
  [`${one} `, "must be at most 256 letters, digits, dots, dashes and underscores"], [`${one}\r\n`, "must be at most 256 letters, digits, dots, dashes and underscores"],
  [`${one}/`, "must be at most 256 letters, digits, dots, dashes and underscores"], [`${one}~`, "must be at most 256 letters, digits, dots, dashes and underscores"],
  [one.repeat(10), "must be at most 256 letters, digits, dots, dashes and underscores"], ["abababababababababababababab", "must be random"],
])("the placeholder %j is refused with the reason, and is not in it", (text, reason) => {
  expect(refusal({ T: text })).toBe(`The placeholder of "T" ${reason}. createPlaceholder() makes one.`);
});

test.each([
  ["the same", one], ["longer", `${one}x`], ["longer at the front", `x${one}`], ["another case of it", one.toUpperCase()],
  ["its hex", Buffer.from(one).toString("hex")], ["its base64", Buffer.from(`${one}x`).toString("base64").replaceAll("=", "").replaceAll("+", "-")],
])("two placeholders of which one is in the other are refused: %s", (_, other) => {
  expect(refusal({ A: one, B: other })).toBe("The placeholder of \"A\" is contained in that of B. createPlaceholder() makes one.");
});
