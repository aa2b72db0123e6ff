import fc from "fast-check";
import { expect, test } from "vitest";
import { createJsonFields } from "./json.ts";

interface Texts {
  readonly names: string[];
  readonly values: string[];
  readonly strings: string[];
}

// What a reader of the parsed text finds, in order.
function read(value: unknown, texts: Texts): Texts {
  if (typeof value === "number") texts.values.push(String(value));
  if (typeof value === "string") {
    texts.values.push(value);
    texts.strings.push(value);
  }
  if (typeof value !== "object" || value === null) return texts;
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) texts.names.push(name);
    read(inner, texts);
  }
  return texts;
}

const text = fc.string({ unit: fc.constantFrom("a", "b", "\"", "\n", "é", "1", ":", ",", " "), maxLength: 90 });
const json = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, text, fc.integer(), fc.constant(true), fc.constant(null), fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(text.map((name) => `n${name}`), tie("value"), { maxKeys: 5 })),
})).value;

// A number's sign that is cut from it is lost: it is no letter or digit.
const plain = (texts: readonly (string | Buffer)[]): string => texts.map(String).join("").replaceAll("-", "");

function push(bytes: Buffer, cuts: readonly number[]): Record<keyof Texts, string> {
  const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  const fields = createJsonFields(200);
  const pushed = places.slice(0, -1).map((from, index) => fields.push(bytes.subarray(from, places[index + 1])));
  const joined = (kind: keyof Texts): string => plain([Buffer.concat(pushed.map((one) => one[kind]))]);
  return { names: joined("names"), values: joined("values"), strings: joined("strings") };
}

test("names, values and strings are joined as a reader finds them", () => {
  fc.assert(fc.property(json, (value) => {
    const { names, values, strings } = read([value], { names: [], values: [], strings: [] });
    expect(push(Buffer.from(JSON.stringify([value])), [])).toEqual({ names: plain(names), values: plain(values), strings: plain(strings) });
  }), { numRuns: 1_000 });
});

test("the texts of a list are joined the same wherever it is cut", () => {
  fc.assert(fc.property(fc.array(fc.oneof(text, fc.integer()), { maxLength: 12 }), fc.array(fc.nat(400), { maxLength: 8 }), (list, cuts) => {
    const { values, strings } = read(list, { names: [], values: [], strings: [] });
    expect(push(Buffer.from(JSON.stringify(list)), cuts)).toEqual({ names: "", values: plain(values), strings: plain(strings) });
  }), { numRuns: 1_000 });
});

test("names are told from values wherever the text is cut", () => {
  fc.assert(fc.property(fc.dictionary(text.map((name) => `n${name}`), fc.oneof(text, fc.integer()), { maxKeys: 8 }), fc.array(fc.nat(800), { maxLength: 8 }), (value, cuts) => {
    expect(push(Buffer.from(JSON.stringify(value)), cuts).names).toBe(plain(Object.keys(value)));
  }), { numRuns: 1_000 });
});

test("of a long string its two ends count", () => {
  const fields = createJsonFields(4);
  expect(fields.push(Buffer.from(`["abcdef\\n${"x".repeat(300)}ghijkl", 7, "z"]`))).toMatchObject({ values: Buffer.from("abcdijkl7z"), strings: Buffer.from("abcdijklz") });
});
