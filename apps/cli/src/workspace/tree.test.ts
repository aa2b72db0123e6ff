import { expect, test } from "vitest";
import { formatTree, parseTree } from "./tree.ts";

const line = "f 644 5 1700000000.1234567890 1700000001.0000000000 42 - \0a\nb/\u00e9\u001b\0";

test("a name may hold any byte but NUL", () => {
  expect([...parseTree(line).keys()]).toEqual(["a\nb/\u00e9\u001b"]);
});

test("what was written reads back the same", () => {
  const text = `${line}l 777 3 1.0 1.0 7 - a b\nc\0link\0d 755 0 1.0 1.0 8 - \0folder\0f 4755 1 1.0 2.0 9 3.5 \0homed\0`;
  expect(formatTree(parseTree(text))).toBe(text);
});

test("a socket, a pipe and a device are special", () => {
  expect(["s", "p", "c", "b", "D", "?"].map((letter) => [...parseTree(`${letter} 0 0 1.0 1.0 1 - \0x\0`).values()][0]?.type)).toEqual(Array(6).fill("special"));
});

test.each([["f 644 5\0x\0", "not one"], ["f 644 5 1.0 1.0 1 - \0name", "cut off"], ["x\0y\0", "not one"]])("%j is refused", (text, why) => {
  expect(() => parseTree(text)).toThrow(why);
});
