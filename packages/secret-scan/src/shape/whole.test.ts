import fc from "fast-check";
import { expect, test } from "vitest";
import { patterns } from "../patterns/index.ts";
import { formExamples } from "../testing/form-examples.ts";
import { base64, seeded } from "../testing/seeded.ts";
import { serviceExamples } from "../testing/service-examples.ts";
import { createShapeFinder } from "./shapes.ts";

const finder = createShapeFinder(patterns);
const examples = { ...serviceExamples, ...formExamples };
const ids = patterns.map(({ id }) => id);

function foundIn(text: string): readonly string[] {
  const found: string[] = [];
  finder.find(Buffer.from(text, "latin1"), ({ id }) => found.push(id));
  return found.toSorted();
}

// Each pattern over the whole text.
function foundOneByOne(text: string): readonly string[] {
  return patterns.filter(({ regexp, check }) => [...text.matchAll(new RegExp(regexp))].some(([match]) => check?.(match) ?? true)).map(({ id }) => id).toSorted();
}

// Of matches that overlap a search over the whole finds the first alone.
function matchesAnywhere(id: string, text: string): boolean {
  const { regexp, check } = patterns.find((pattern) => pattern.id === id) ?? { regexp: /$^/ };
  const sticky = new RegExp(regexp.source, regexp.flags.replace("g", "y"));
  return Array.from({ length: text.length }, (_, at) => {
    sticky.lastIndex = at;
    return sticky.exec(text);
  }).some((match) => match !== null && (check?.(match[0]) ?? true));
}

const seed = fc.nat(1_000);
const exampleOf = (id: string, number: number): string => examples[id]?.make(seeded(number)) ?? "";
const whole = fc.tuple(fc.constantFrom(...ids), seed).map(([id, number]) => exampleOf(id, number));
const cut = fc.tuple(whole, fc.double({ min: 0, max: 1, noNaN: true })).map(([text, part]) => text.slice(0, Math.ceil(text.length * part)));
const near = fc.tuple(fc.constantFrom(...ids), seed, fc.nat(9)).map(([id, number, index]) => examples[id]?.near(seeded(number)).at(index % 2) ?? "");
const literal = fc.constantFrom(...patterns.flatMap(({ literals }) => literals)).chain((text) => fc.constantFrom(text, text.toUpperCase()));
const run = fc.tuple(seed, fc.nat(60)).map(([number, length]) => seeded(number).text(base64, length));
const between = fc.constantFrom("", " ", "\n", "/", "-", "_", "+", ".", "=", "\"", "é", "\0", " = ", "lorem ipsum, dolor ");

test("what is found in a text of fragments is what each pattern by itself finds in the whole of it", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.oneof(whole, cut, near, literal, run), between), { maxLength: 12 }), (pieces) => {
    const text = pieces.flat().join("");
    const found = foundIn(text);
    const alone = foundOneByOne(text);
    expect(found).toEqual(expect.arrayContaining([...alone]));
    for (const id of found) if (!alone.includes(id)) expect(matchesAnywhere(id, text), id).toBe(true);
  }), { numRuns: 400, seed: 5 });
});

test("what is found does not depend on where in a text it begins", () => {
  for (const id of ids) {
    const secret = exampleOf(id, 7);
    for (const before of [0, 1, 2, 3, 5, 126, 127, 128, 129, 8_191, 8_192]) expect(foundIn(`${" ".repeat(before)}${secret}${before % 2 === 0 ? "\n" : ""}`), `${id} after ${before}`).toContain(id);
  }
});

test("tokens that may begin at every other place are looked for all at once, and found", () => {
  for (const id of ["discord-bot-token", "twilio-key", "bitcoin-wif", "json-web-token"]) {
    const [text = ""] = patterns.find((pattern) => pattern.id === id)?.literals ?? [];
    const secret = exampleOf(id, 3);
    expect(foundIn(`${`${text}/`.repeat(3_000)} ${secret} ${`${text}/`.repeat(3_000)}`)).toContain(id);
  }
});
