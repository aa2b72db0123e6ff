import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { createScanner } from "../../scanner.ts";
import { base64, seeded } from "../../testing/seeded.ts";
import { inflateXz } from "./inflate-xz.ts";

const random = seeded(20_261_122);
const most = 16 << 20;
const always = (): boolean => true;
const xz = (content: Buffer, ...options: readonly string[]): Buffer => execFileSync("xz", ["--compress", "--stdout", ...options], { input: content, maxBuffer: most });
const words = (length: number): Buffer => Buffer.from([...random.bytes(length)].map((byte) => ["the ", "quick", " token", ", ", "0123", "\n", "{}"][byte % 7]).join("").slice(0, length));
const contents: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0), "a byte": Buffer.from("a"), zeros: Buffer.alloc(1 << 20), words: words(300_000), "random bytes": random.bytes(200_000),
  "both in turn": Buffer.concat(Array.from({ length: 12 }, () => Buffer.concat([words(20_000), random.bytes(9_000)]))),
  numbers: Buffer.from(Uint32Array.from({ length: 60_000 }, (_, index) => index * index).buffer),
};
const ways = ["-0", "-6", "-9e", "--check=none", "--check=crc32", "--check=sha256", "--block-size=30000", "--threads=2", "--lzma2=preset=6,lc=0,lp=4,pb=0", "--lzma2=preset=3,lc=4,lp=0,pb=4",
  "--lzma2=preset=0,lc=1,lp=2,pb=1,dict=4KiB", "--lzma2=mode=fast,mf=hc3,nice=5"];

describe.each(Object.keys(contents))("what xz made of %s becomes that again", (name) => {
  const content = contents[name] ?? Buffer.alloc(0);
  test.each(ways)("with %s", (way) => {
    const packed = xz(content, way);
    const inflated = inflateXz(packed, most, always);
    expect(inflated).toMatchObject({ isWhole: true, consumed: packed.length });
    expect(typeof inflated === "object" && inflated.bytes.equals(content)).toBe(true);
  });
});

test("with bits turned around in its data it is whole if xz takes it, as what xz makes of it, and in no other case", () => {
  const content = Buffer.concat([words(3000), random.bytes(9000), words(3000)]);
  const [heads, tail] = [24, 32];
  const taken = { yes: 0, no: 0 };
  for (const options of [["-9e"], ["--block-size=2000"], ["--lzma2=lc=0,lp=2"]]) {
    const packed = xz(content, "--check=none", ...options);
    for (let index = 0; index < 120; index += 1) {
      const turned = Buffer.from(packed);
      const at = heads + random.bytes(4).readUInt32LE() % (index % 2 === 0 ? 40 : packed.length - heads - tail);
      turned[at] = (turned[at] ?? 0) ^ 1 << index % 8;
      const { status, stdout } = spawnSync("xz", ["--decompress", "--stdout", "--single-stream"], { input: turned, maxBuffer: most });
      const inflated = inflateXz(turned, most, always);
      if (status === 0) expect(inflated).toMatchObject({ isWhole: true, bytes: stdout });
      else expect(inflated).not.toMatchObject({ isWhole: true });
      taken[status === 0 ? "yes" : "no"] += 1;
    }
  }
  expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(20);
});

test("cut off anywhere it gives a beginning of the content, as much as xz or more", () => {
  const content = Buffer.concat([words(6000), random.bytes(200), words(300)]);
  const packed = xz(content, "--block-size=2000");
  for (let length = packed.length - 1; length > 0; length -= 41) {
    const inflated = inflateXz(packed.subarray(0, length), most, always);
    const got = typeof inflated === "string" ? Buffer.alloc(0) : inflated.bytes;
    expect(inflated).not.toMatchObject({ isWhole: true });
    expect(content.subarray(0, got.length).equals(got)).toBe(true);
    const { stdout } = spawnSync("xz", ["--decompress", "--stdout"], { input: packed.subarray(0, length), maxBuffer: most });
    expect(got.length).toBeGreaterThanOrEqual(stdout.length);
  }
});

test.each(["--x86", "--arm64", "--delta=dist=4"])("a filter of another kind, %s, is said to be unknown", (filter) => {
  expect(inflateXz(xz(words(1000), filter, "--lzma2"), most, always)).toBe("unknown");
});

describe("a scan", () => {
  const secret = "sk-Live/0123456789+abcDEF";
  const scanner = createScanner({ known: [{ name: "TOKEN", value: secret }] });
  const rules = (content: Buffer | string): readonly string[] => [...new Set(scanner.bytes(Buffer.from(content)).map(({ rule }) => rule))];
  const packed = xz(Buffer.concat([words(3000), Buffer.from(secret), words(3000)]));

  test("finds what is in an xz, wherever it begins, in base64, in another, and among several", () => {
    expect(scanner.bytes(packed)).toEqual([expect.objectContaining({ rule: "TOKEN", via: ["xz"] })]);
    const clean = xz(words(3000));
    for (const content of [Buffer.concat([Buffer.from("junk\0"), packed, Buffer.from("junk")]), packed.toString("base64"), packed.toString("hex"), xz(packed), Buffer.concat([clean, packed]), Buffer.concat([clean, Buffer.alloc(5), packed])]) {
      expect(rules(content)).toEqual(["TOKEN"]);
    }
    expect(rules(clean)).toEqual([]);
  });

  test("says what is damaged, cut off, too deep or too large, and gives what came before", () => {
    const turned = Buffer.from(packed);
    turned[packed.length >> 1] = 0x55 ^ (turned[packed.length >> 1] ?? 0);
    expect(rules(turned)).toContain("archive-damaged");
    expect(rules(Buffer.concat([Buffer.from("junk\0"), turned]))).toContain("archive-damaged");
    expect(rules(packed.subarray(0, packed.length - 8))).toEqual(["archive-damaged", "TOKEN"]);
    expect(rules(xz(xz(xz(xz(packed)))))).toEqual(["archive-too-deep"]);
    expect(rules(xz(Buffer.alloc(15 << 20)))).toContain("archive-too-large");
    expect(rules(xz(words(1000), "--x86", "--lzma2"))).toEqual(["compression-unknown"]);
  });

  test("says what is cut off in its first bytes, and finds what follows them", () => {
    const short = xz(Buffer.from(random.text(base64, 30)));
    for (let length = 25; length < 40; length += 1) expect(rules(Buffer.concat([Buffer.from("junk\0"), short.subarray(0, length)]))).toEqual(["archive-damaged"]);
    expect(rules(Buffer.concat([short.subarray(0, 27), Buffer.alloc(40), packed]))).toEqual(["archive-damaged", "TOKEN"]);
  });
});
