import { describe, expect, test } from "vitest";
import { lzmaChunk, storedChunk, xzOf } from "../../testing/xz.ts";
import { hasXzBlock, inflateXz } from "./inflate-xz.ts";

const most = 1 << 20;
const always = (): boolean => true;
const text = Buffer.from("a a a a a a a a a a and so on, and so on, and so on");
// By `xz --format=raw --lzma2=preset=6`.
const packed = Buffer.from("003088280413719cdd07b374b769a02eef30ec2000", "hex");
const [end, one] = [Buffer.alloc(1), Buffer.concat([lzmaChunk(packed, text.length), Buffer.alloc(1)])];
const stored = Buffer.concat([storedChunk(text), end]);
const three = Buffer.concat([storedChunk(Buffer.concat([text, text, text])), end]);
const whole = (bytes: Buffer): unknown => {
  const inflated = inflateXz(bytes, most, always);
  return typeof inflated === "object" && inflated.isWhole ? inflated.bytes.toString("latin1") : "not whole";
};

test("LZMA, stored bytes, and both in turn are what they were", () => {
  expect(whole(xzOf(one, text.length))).toBe(`${text}`);
  expect(whole(xzOf(stored, text.length))).toBe(`${text}`);
  const anew = lzmaChunk(packed, text.length);
  const turns = Buffer.concat([storedChunk(text), storedChunk(text, 2), anew, storedChunk(text, 2), anew, end]);
  expect(whole(xzOf(turns, 5 * text.length))).toBe(`${text}`.repeat(5));
  expect(whole(xzOf(three, 3 * text.length))).toBe(`${text}`.repeat(3));
  expect(whole(xzOf(end, 0))).toBe("");
});

test("stream follows upon stream, with room between them", () => {
  const stream = xzOf(one, text.length);
  const both = Buffer.concat([stream, Buffer.alloc(8), stream, Buffer.from("behind")]);
  expect(inflateXz(both, most, always)).toEqual({
    bytes: Buffer.concat([text, text]), consumed: both.length - 6, isWhole: true, 
    members: [{ from: 0, data: 0, end: stream.length }, { from: stream.length + 8, data: stream.length + 8, end: both.length - 6 }],
  });
});

test("a wrong checksum hides nothing, and tells a mark among other bytes from an archive", () => {
  const stream = xzOf(one, text.length);
  expect(hasXzBlock(stream)).toBe(true);
  for (const at of [9, 22]) {
    const wrong = Buffer.from(stream);
    wrong[at] = 7 ^ (wrong[at] ?? 0);
    expect(whole(wrong)).toBe(`${text}`);
    expect(hasXzBlock(wrong)).toBe(false);
  }
  for (let length = 0; length < 24; length += 1) expect(hasXzBlock(stream.subarray(0, length))).toBe(false);
});

describe("what no program takes for whole is none:", () => {
  const cases: Readonly<Record<string, Buffer>> = {
    "an index that tells of another block": xzOf(one, text.length, { blocks: 2 }),
    "one that tells of another length": xzOf(one, text.length, { uncompressed: 50 }),
    "an index padded with something": xzOf(three, 3 * text.length, { indexPadding: 7 }),
    "data padded with something": xzOf(stored, text.length, { padding: 7 }),
    "a block's head padded with something": xzOf(one, text.length, { headPadding: 7 }),
    "a footer that leads elsewhere": xzOf(one, text.length, { backward: 9 }),
    "a footer of another check": xzOf(one, text.length, { footerCheck: 1 }),
    "another end": xzOf(one, text.length, { end: "YX" }),
    "a dictionary larger than any": xzOf(one, text.length, { filters: [0x21, 1, 41] }),
    "reserved flags of a block": xzOf(one, text.length, { filterCount: 5 }),
    "chunks without a first reset": xzOf(Buffer.concat([storedChunk(text, 2), end]), text.length),
    "a chunk of a reserved kind": xzOf(Buffer.concat([storedChunk(text, 3), end]), text.length),
    "LZMA without its properties": xzOf(Buffer.concat([storedChunk(text), lzmaChunk(packed, text.length, { control: 0xa0 }), end]), 2 * text.length),
    "properties that LZMA2 has not": xzOf(Buffer.concat([lzmaChunk(packed, text.length, { properties: 0x6f }), end]), text.length),
    "properties that there are not": xzOf(Buffer.concat([lzmaChunk(packed, text.length, { properties: 225 }), end]), text.length),
    "LZMA with bytes behind it": xzOf(Buffer.concat([lzmaChunk(Buffer.concat([packed, end]), text.length), end]), text.length),
    "LZMA that becomes less": xzOf(Buffer.concat([lzmaChunk(packed, text.length - 1), end]), text.length - 1),
    "LZMA that becomes more": xzOf(Buffer.concat([lzmaChunk(packed, text.length + 1), end]), text.length + 1),
    "LZMA that begins with another byte than 0": xzOf(Buffer.concat([lzmaChunk(Buffer.concat([Buffer.from([1]), packed.subarray(1)]), text.length), end]), text.length),
    "LZMA too short to begin": xzOf(Buffer.concat([lzmaChunk(packed.subarray(0, 4), 1), end]), 1),
    "LZMA that repeats what is not there": xzOf(Buffer.concat([lzmaChunk(Buffer.from("00ffffffff00000000", "hex"), 4), end]), 4),
  };
  test.each(Object.keys(cases))("%s", (name) => {
    expect(whole(cases[name] ?? end)).toBe("not whole");
  });
});

test("filters for programs of one processor, and more than one, are said to be unknown", () => {
  expect(inflateXz(xzOf(one, text.length, { filters: [0x04, 0] }), most, always)).toBe("unknown");
  expect(inflateXz(xzOf(one, text.length, { filterCount: 2, filters: [0x03, 1, 0, 0x21, 1, 22] }), most, always)).toBe("unknown");
});

test("what is cut off anywhere gives what came before, and of it no byte more", () => {
  for (const [chunks, bytes] of [[one, text], [stored, text], [Buffer.concat([storedChunk(text), lzmaChunk(packed, text.length), end]), Buffer.concat([text, text])]] as const) {
    const stream = xzOf(chunks, bytes.length);
    for (let length = 0; length < stream.length; length += 1) {
      const inflated = inflateXz(stream.subarray(0, length), most, always);
      if (typeof inflated === "string") {
        expect(inflated).toBe("damaged");
        continue;
      }
      expect(inflated.isWhole).toBe(false);
      expect(inflated.consumed).toBeLessThanOrEqual(length);
      expect(bytes.subarray(0, inflated.bytes.length)).toEqual(inflated.bytes);
    }
    const last = inflateXz(stream.subarray(0, stream.length - 1), most, always);
    expect(last).toMatchObject({ bytes, isWhole: false });
  }
});

test("no more is made than may be", () => {
  const stream = xzOf(one, text.length);
  for (const bytes of [stream, xzOf(stored, text.length), Buffer.concat([stream, stream])]) {
    expect(inflateXz(bytes, text.length - 1, always)).toBe("too-large");
  }
  expect(inflateXz(stream, text.length, always)).toMatchObject({ isWhole: true });
});
