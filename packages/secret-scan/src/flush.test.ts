import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createScanner, type Scanner } from "./scanner.ts";

const secret = "sk-Live/0123456789+abcDEF";
const make = (): Scanner => createScanner({ known: [{ name: "TOKEN", value: secret }], canaries: [{ name: "BAIT", value: "a-b+c.d" }], patterns: [] });
const scanner = make();
const isFound = ({ rule }: { readonly rule: string }): boolean => rule === "TOKEN" || rule === "BAIT";
const keptOf = (text: string): number => text.replaceAll(/[^A-Za-z0-9\x80-\xff]/g, "").length;

// Each piece with a pause behind it; what had gone on when the value was found.
function drip(of: Scanner, pieces: readonly Buffer[], isLineOriented = false): { readonly released: string; readonly isCaught: boolean } {
  const scan = of.stream({ isLineOriented });
  const released: Buffer[] = [];
  for (const piece of pieces) {
    for (const step of [() => scan.push(piece), () => scan.flush()]) {
      const scanned = step();
      if (scanned.findings.some(isFound)) return { released: Buffer.concat(released).toString("latin1"), isCaught: true };
      released.push(scanned.released);
    }
  }
  const last = scan.end();
  return { released: Buffer.concat([...released, last.released]).toString("latin1"), isCaught: last.findings.some(isFound) };
}

const bytesOf = (text: string): readonly Buffer[] => [...Buffer.from(text, "latin1")].map((byte) => Buffer.from([byte]));
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const hex = (text: string): string => Buffer.from(text).toString("hex");
const pairs = (prefix: string): string => hex(secret).replaceAll(/../g, `${prefix}$&`);

test("text without a line's end is released whole by a flush", () => {
  for (const text of ["hello", "{\"a\":1,\"b\":[2", "GET / sk-", "50% of A&B \\ done \\u00", "Zm9vYmFyYmF6cXV4MTIz", "\0\0\0\0\u0005hello", "ask", "x".repeat(10_000)]) {
    const scan = scanner.stream();
    const parts = [scan.push(Buffer.from(text)), scan.flush()];
    expect(parts.map(({ released }) => released.toString()).join("")).toBe(text);
    expect(scan.end().released.length).toBe(0);
  }
});

test("what a full window kept back is released by a flush", () => {
  const scan = scanner.stream({ windowBytes: 8192 });
  const text = Buffer.alloc(20_000, "lorem ipsum ");
  const first = scan.push(text).released;
  expect(first.length).toBeLessThan(text.length);
  expect(Buffer.concat([first, scan.flush().released]).equals(text)).toBe(true);
});

test("the beginning of a value is held, what comes before is not, and it goes on once it becomes something else", () => {
  const scan = scanner.stream();
  scan.push(Buffer.from("key: sk-Li"));
  expect(scan.flush().released.toString()).toBe("key: ");
  scan.push(Buffer.from("ve"));
  expect(scan.flush().released.toString()).toBe("");
  scan.push(Buffer.from("r paste"));
  expect(scan.flush().released.toString()).toBe("sk-Liver paste");
});

test("a content that must be read whole stays held", () => {
  for (const options of [{ contentEncoding: "gzip" }, { contentType: "multipart/form-data; boundary=x" }, {}]) {
    const scan = scanner.stream(options);
    scan.push(gzipSync("hello"));
    expect(scan.flush().released.length).toBe(0);
  }
});

const spelt: readonly (readonly [how: string, spelling: string, most: number])[] = [
  ["as it is", secret, 3], ["reversed", [...secret].reverse().join(""), 3],
  ["in base64", base64(secret), 3], ["in base64 after one byte", base64(`x${secret}`), 5], ["in base64 after two bytes", base64(`xy${secret}`), 6],
  ["in hex", hex(secret), 3], ["in upper-case hex", hex(secret).toUpperCase(), 3], ["in hex with \\x", pairs("\\x"), 3], ["in hex with spaces", pairs(" "), 3],
  ["percent-encoded", pairs("%"), 3], ["with blanks between", [...secret].join(" "), 3], ["with line ends between", [...secret].join("\n"), 3],
  // The fifth, which is the value's fourth without noise, is known by its last digit.
  ["in JSON's escapes", pairs("\\u00"), 24], ["in HTML's references", pairs("&#x").replaceAll(/&#x../g, "$&;"), 14],
  ["in base64 of base64", base64(base64(`key=${secret} `)), 26],
];

describe.each([false, true])("dripped byte by byte, in lines: %s", (isLineOriented) => {
  test.each(spelt)("a value %s is caught, and no more than its first characters have gone", (_, spelling, most) => {
    const { released, isCaught } = drip(make(), bytesOf(`see: ${spelling} end`), isLineOriented);
    expect(isCaught).toBe(true);
    expect(keptOf(released.replace(/^see: /, ""))).toBeLessThanOrEqual(most);
  });
});

test("a value that is looked for to the byte is held from its fourth on", () => {
  const { released, isCaught } = drip(scanner, bytesOf("see: a-b+c.d"));
  expect(isCaught).toBe(true);
  expect(released.slice(5).length).toBeLessThanOrEqual(3);
});

test("a value can't be guessed character by character by what is held", () => {
  const own = createScanner({ known: [{ name: "TOKEN", value: secret }], patterns: [] });
  const isHeld = (guess: string): boolean => {
    const scan = own.stream();
    scan.push(Buffer.from(`${guess}`));
    return scan.flush().released.length < guess.length;
  };
  let guessed = "sk-Li";
  for (let next: string | undefined = ""; next !== undefined; guessed += next ?? "") {
    next = letters.find((letter) => isHeld(`${guessed}${letter}`));
    if (guessed.length > secret.length) break;
  }
  expect(secret.replaceAll(/[^A-Za-z0-9]/g, "").startsWith(guessed.replaceAll(/[^A-Za-z0-9]/g, ""))).toBe(false);
  expect(isHeld("hello")).toBe(true);
});

const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"];
const value = fc.array(fc.constantFrom(...letters, ..."-_/+.="), { minLength: 10, maxLength: 40 }).map((chars) => `s3${chars.join("")}`)
  .filter((text) => keptOf(text) >= 10);
// Texts that end in beginnings of the value, too.
const text = (of: string): fc.Arbitrary<string> => fc.array(fc.oneof(fc.constantFrom(..." abc\n.,\"{}%&\\x3s"), fc.nat(of.length - 2).map((length) => of.slice(0, length))), { maxLength: 30 })
  .map((parts) => parts.join(""));
const cut = (bytes: Buffer, places: readonly number[]): readonly Buffer[] => {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};

test("however a text is cut, with pauses between, a value in it is found, and never were more than three of its characters released", () => {
  const cases = value.chain((of) => fc.tuple(fc.constant(of), text(of), text(of), fc.array(fc.nat(5000), { maxLength: 40 }), fc.boolean(), fc.constantFrom("", " ", "\n", "\", \"")));
  fc.assert(fc.property(cases, ([of, before, after, places, isLineOriented, noise]) => {
    const own = createScanner({ known: [{ name: "TOKEN", value: of }], patterns: [] });
    const whole = `${before}\n${[...of].join(noise)}${after}`;
    const { released, isCaught } = drip(own, cut(Buffer.from(whole, "latin1"), places), isLineOriented);
    expect(isCaught).toBe(true);
    expect(keptOf(released)).toBeLessThanOrEqual(keptOf(before) + 3);
  }), { numRuns: 300 });
});

test("where nothing is found, all comes out as it went in", () => {
  const cases = value.chain((of) => fc.tuple(fc.constant(of), text(of), fc.array(fc.nat(5000), { maxLength: 20 }), fc.boolean()));
  fc.assert(fc.property(cases, ([of, body, places, isLineOriented]) => {
    const own = createScanner({ known: [{ name: "TOKEN", value: of }], patterns: [] });
    const { released, isCaught } = drip(own, cut(Buffer.from(body, "latin1"), places), isLineOriented);
    expect(isCaught || released === body).toBe(true);
  }), { numRuns: 200 });
});

test("what ends in no value's beginning is never held", () => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }).filter((body) => !/s3/i.test(body)), (body) => {
    const scan = createScanner({ known: [{ name: "TOKEN", value: "s3cret-Value-0123" }], patterns: [] }).stream();
    const bytes = Buffer.from(body);
    expect(Buffer.concat([scan.push(bytes).released, scan.flush().released]).equals(bytes)).toBe(true);
  }), { numRuns: 200 });
});
