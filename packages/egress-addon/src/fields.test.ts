import fc from "fast-check";
import { expect, test } from "vitest";
import { isFieldName, isFieldValue, parseFields } from "./fields.ts";

test.each(["Host", "x-a", "!#$%&'*+.^_`|~0"])("%j is a name", (name) => expect(isFieldName(name)).toBe(true));

test.each(["", "a b", "a:", "a\r\n", "a\r\nb: c", "\xe9", "a\0", "(a)", " a"])("%j is no name", (name) => expect(isFieldName(name)).toBe(false));

test.each(["", "a b\tc", "\xe9\xff", "a: b"])("%j can be a value", (value) => expect(isFieldValue(value)).toBe(true));

test.each(["a\r", "a\n", "a\r\nb: c", "\0", "\x7f", "\u0100"])("%j can be no value", (value) => expect(isFieldValue(value)).toBe(false));

test("what is written of names and values is read as them, from any place on, without the blanks around values", () => {
  const name = fc.string({ minLength: 1 }).filter(isFieldName);
  const value = fc.string().map((text) => text.replaceAll(/^[\t ]+|[\t ]+$/g, "")).filter(isFieldValue);
  fc.assert(fc.property(fc.array(fc.tuple(name, value)), fc.string(), (fields, before) => {
    const text = fields.map(([key, content]) => `${key}: \t${content} \r\n`).join("");
    expect(parseFields(before + text, before.length)).toEqual(fields.flat());
  }));
});

test.each(["a: b", "a: b\n", "a: b\r\n c\r\n", "a : b\r\n", "a: b\r\n\r\n", ": b\r\n", "a\r\n"])("%j are no field lines", (text) => expect(parseFields(text, 0)).toBeUndefined());
