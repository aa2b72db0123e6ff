import { expect, test } from "vitest";
import { formatProblems, parseBottle, type Problem } from "./index.ts";

const problem = (change: Partial<Problem> = {}): Problem => ({ code: "x", file: "b/dev.md", line: 1, column: 1, message: "It is wrong.", ...change });
const plain = { colour: false };

test("a problem shows its place, the line, a caret, the message and the mend", () => {
  const text = "---\negress:\n  routes:\n    - hosst: a.example.com\n---\n";
  const parsed = parseBottle({ file: "b/dev.md", text });
  expect(parsed.ok ? "" : formatProblems(parsed.problems, text, plain)).toBe(`b/dev.md:4:7
        - hosst: a.example.com
          ^
"hosst" is not a key of \`egress.routes\`.
  Did you mean host?`);
});

test("the caret stands under the place when control characters before it are made visible", () => {
  expect(formatProblems([problem({ column: 3 })], "\t\u001bx", plain)).toBe("b/dev.md:1:3\n    \\t\\u{1b}x\n            ^\nIt is wrong.");
});

test("a long line is cut around the place", () => {
  const [, line = "", caret = ""] = formatProblems([problem({ column: 501 })], `${"a".repeat(500)}X${"b".repeat(500)}`, plain).split("\n");
  expect(line).toBe(`    …${"a".repeat(50)}X${"b".repeat(49)}…`);
  expect(line[caret.indexOf("^")]).toBe("X");
});

test("characters beyond the basic plane count as one", () => {
  const [, line = "", caret = ""] = formatProblems([problem({ column: 3 })], "😀😀X", plain).split("\n");
  expect(Array.from(line)[caret.indexOf("^")]).toBe("X");
});

test("nothing of a file name, message or mend reaches the terminal unescaped", () => {
  const hostile = "\u001b]0;owned\u0007\u202e";
  const shown = formatProblems([problem({ file: hostile, message: hostile, mend: `${hostile}\nnext` })], hostile, plain);
  expect(shown).toBe(["\\u{1b}]0;owned\\u{7}\\u{202e}:1:1", "    \\u{1b}]0;owned\\u{7}\\u{202e}", "    ^",
    "\\u{1b}]0;owned\\u{7}\\u{202e}", "  \\u{1b}]0;owned\\u{7}\\u{202e}", "  next"].join("\n"));
});

test("a line that is not at hand is left out", () => {
  expect(formatProblems([problem({ line: 9 })], "one line", plain)).toBe("b/dev.md:9:1\nIt is wrong.");
  expect(formatProblems([problem()], {}, plain)).toBe("b/dev.md:1:1\nIt is wrong.");
});

test("problems of several files find their own texts", () => {
  expect(formatProblems([problem({ file: "a.md" }), problem({ file: "b.md" })], { "a.md": "A", "b.md": "B" }, plain)).toBe(
    "a.md:1:1\n    A\n    ^\nIt is wrong.\n\nb.md:1:1\n    B\n    ^\nIt is wrong.");
});

test("colour is there only when asked for", () => {
  expect(formatProblems([problem({ mend: "Do." })], "x", { colour: true })).toBe(
    "\u001b[1mb/dev.md:1:1\u001b[0m\n    x\n\u001b[31m    ^\u001b[0m\nIt is wrong.\n\u001b[36m  Do.\u001b[0m");
});
