import fc from "fast-check";
import { expect, test } from "vitest";
import { createRedactor, redactText } from "./redact.ts";
import { spellings } from "./spellings.ts";

const secret = "sk-live-0123456789";

function stream(values: readonly string[], chunks: readonly string[]): string {
  const redactor = createRedactor(values);
  return Buffer.concat([...chunks.map((chunk) => redactor.push(Buffer.from(chunk))), redactor.flush()]).toString();
}

test("a value is hidden wherever the stream is cut, and the length stays", () => {
  const text = `before ${secret} between ${secret}${secret} after sk-live`;
  const hidden = text.replaceAll(secret, "*".repeat(secret.length));
  for (let first = 0; first <= text.length; first += 1) {
    for (let second = first; second <= text.length; second += 7) {
      expect(stream([secret], [text.slice(0, first), text.slice(first, second), text.slice(second)])).toBe(hidden);
    }
  }
});

test("a line passes at once, and what is held back of another does not depend on the values", () => {
  expect(createRedactor([secret]).push(Buffer.from("data: hello\n\n")).toString()).toBe("data: hello\n\n");
  expect(createRedactor([secret]).push(Buffer.from(`a\n${secret}\n`)).toString()).toBe(`a\n${"*".repeat(secret.length)}\n`);
  const passed = (end: string): string => createRedactor([secret]).push(Buffer.from(`${"x".repeat(500)}${end}`)).toString().replaceAll(/[^x]/g, "?");
  for (let length = 1; length <= secret.length; length += 1) expect(passed(secret.slice(0, length))).toBe(passed("z".repeat(length)));
  expect(passed("z").length).toBe(501 - 128);
});

test("a value with a line's end in it is hidden wherever the stream is cut", () => {
  expect(stream(["abc\ndef"], ["xabc\n", "defx"])).toBe("x*******x");
});

test("after a flush nothing that came before counts", () => {
  const redactor = createRedactor(["abcdef"]);
  expect([redactor.push(Buffer.from("abc")), redactor.flush(), redactor.push(Buffer.from("def")), redactor.flush()].map(String)).toEqual(["", "abc", "", "def"]);
});

test("overlapping values are both hidden whole", () => {
  expect(stream(["abcdef", "defghi"], ["xabcd", "efghix"])).toBe("x*********x");
  expect(stream(["abcdef", "defghi"], ["xabcdef", "ghix"])).toBe("x*********x");
  expect(stream(["abcab"], ["abcab", "cab"])).toBe("********");
  expect(stream(["aaab"], ["aa", "aa", "b"])).toBe("a****");
  expect(stream(["abcdef", "bcd"], ["abc", "d", "ex"])).toBe("a***ex");
});

// All that is said of a redactor, one byte after the other.
function hidden(values: readonly string[], text: string): string {
  const stars = [...text].map(() => false);
  for (const value of values.filter((one) => one !== "")) {
    for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) stars.fill(true, at, at + value.length);
  }
  return [...text].map((char, at) => stars[at] === true ? "*" : char).join("");
}

test("any values are hidden in any stream, and what is held back is what comes after the last control character", () => {
  const unit = fc.constantFrom("a", "b", "c");
  const value = fc.oneof(fc.string({ unit, maxLength: 5 }), fc.string({ unit, minLength: 120, maxLength: 140 }), fc.constant("a\nb"));
  const chunk = fc.oneof(fc.string({ unit: fc.constantFrom("a", "b", "c", "\n"), maxLength: 12 }), fc.string({ unit, maxLength: 300 }));
  fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), fc.array(chunk, { maxLength: 8 }), (values, chunks) => {
    const redactor = createRedactor(values);
    const longest = Math.max(...values.map((one) => one.length));
    const most = Math.ceil(longest / 128) * 128;
    const isWithinLines = !values.some((one) => one.includes("\n"));
    let given = "";
    let shown = "";
    for (const piece of chunks) {
      given += piece;
      shown += redactor.push(Buffer.from(piece)).toString();
      const last = isWithinLines ? given.length - given.lastIndexOf("\n") - 1 : given.length;
      expect(given.length - shown.length).toBe(longest === 0 ? 0 : Math.min(most, last));
    }
    expect(shown + redactor.flush().toString()).toBe(hidden(values, given));
  }), { numRuns: 1_000 });
});

test("with no value, or an empty one, everything passes", () => {
  expect(stream([], ["a", "b"])).toBe("ab");
  expect(stream([""], ["a", "b"])).toBe("ab");
});

test("every spelling of a value is hidden in a text", () => {
  const value = "p\"w/ü+= d";
  for (const form of spellings(value)) expect(redactText(spellings(value), `<${form}>`)).toBe(`<${"*".repeat(Buffer.byteLength(form))}>`);
  expect(spellings(value)).toContain(Buffer.from(value).toString("base64"));
});

test.each<[string, (value: string) => string]>([
  ["base64 of a longer text", (value) => Buffer.from(`Bearer ${value} and more`).toString("base64")],
  ["base64 at the third alignment", (value) => Buffer.from(`xx${value}!`).toString("base64")],
  ["url-safe base64 of a longer text", (value) => Buffer.from(`x${value}?`).toString("base64url")],
  ["upper-case hex", (value) => Buffer.from(value).toString("hex").toUpperCase()],
  ["JSON with escaped slashes", (value) => JSON.stringify(value).replaceAll("/", "\\/")],
  ["JSON fit for HTML", (value) => JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026").replaceAll("=", "\\u003d").replaceAll("'", "\\u0027")],
  ["JSON fit for HTML, as Go writes it", (value) => JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026")],
  ["HTML", (value) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;").replaceAll("'", "&#39;")],
  ["HTML with hexadecimal references", (value) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;").replaceAll("'", "&#x27;")],
  ["percent-encoding in lower case", (value) => encodeURIComponent(value).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
  ["a form", (value) => new URLSearchParams({ value }).toString().slice("value=".length)],
  ["strict percent-encoding", (value) => encodeURIComponent(value).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)],
])("a value is found in %s", (_, encode) => {
  for (const value of ["sk-live-0123456789abcdef", "Ab/cd+ef=gh==", "a<b>&c'd\"e f!(g)*", "??>>~~sécret~~"]) {
    const hidden = redactText(spellings(value), encode(value));
    expect(hidden).toContain("******");
    // Base64 may leave what it shares with its neighbours.
    expect(encode(value).length - hidden.replaceAll("*", "").length).toBeGreaterThanOrEqual(value.length);
  }
});

test("a value too short to be told from ordinary text is not looked for", () => {
  expect(spellings("12345")).toEqual([]);
});
