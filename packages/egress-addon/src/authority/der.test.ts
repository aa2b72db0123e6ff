import { expect, test } from "vitest";
import * as der from "./der.ts";

const hex = (node: der.Node): string => node.toString("hex");

test.each([
  [0, "0400"], [127, "047f"], [128, "048180"], [255, "0481ff"], [256, "04820100"], [65_535, "0482ffff"], [65_536, "0483010000"],
])("a value of %i bytes says its length in as few as can be", (length, head) => {
  expect(hex(der.octets(Buffer.alloc(length))).slice(0, head.length)).toBe(head);
  expect(der.octets(Buffer.alloc(length)).length).toBe(head.length / 2 + length);
});

test.each([
  ["2.5.29.17", "0603551d11"],
  ["1.2.840.10045.4.3.2", "06082a8648ce3d040302"],
  ["1.3.6.1.4.1.311.21.20", "06092b0601040182371514"],
  ["2.5.4.127.128.16383.16384", "060a55047f8100ff7f818000"],
])("the OID %s", (dotted, expected) => {
  expect(hex(der.oid(dotted))).toBe(expected);
});

test("a time has two digits for its year until 2049 and four after, and no parts of a second", () => {
  expect(der.time(new Date("2049-12-31T23:59:59.999Z"))).toEqual(Buffer.from("\x17\r491231235959Z"));
  expect(der.time(new Date("2050-01-01T00:00:00Z"))).toEqual(Buffer.from("\x18\x0f20500101000000Z"));
});

test("what is put together is its parts behind one tag", () => {
  expect(hex(der.sequence())).toBe("3000");
  expect(hex(der.sequence(der.boolean(true), der.set(der.integer(Buffer.from([0])))))).toBe("30080101ff3103020100");
  expect(hex(der.tagged(3, der.utf8("é")))).toBe("a3040c02c3a9");
  expect(hex(der.taggedBytes(2, Buffer.from("a")))).toBe("820161");
  expect(hex(der.bits(Buffer.from([0b1000_0000]), 7))).toBe("03020780");
});
