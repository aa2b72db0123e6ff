import { expect, test } from "vitest";
import { cut, fit, plain, widthOf, wrap } from "./columns.ts";

test("a text is cut by what it takes on the screen, not by its length", () => {
  expect(cut("plain text", 10)).toBe("plain text");
  expect(cut("plain text", 6)).toBe("plain…");
  expect(cut("漢字漢字", 5)).toBe("漢字…");
  expect(cut("漢字漢字", 4)).toBe("漢…");
  expect(cut("e\u0301e\u0301e\u0301", 3)).toBe("e\u0301e\u0301e\u0301");
  expect(cut("anything", 0)).toBe("");
  expect(fit("漢", 4)).toBe("漢  ");
  expect(fit("漢字", 3)).toBe("漢…");
});

test("what hides, moves the cursor or has a disputed width is written out", () => {
  expect(plain("a\u001b[2Jb\u202ec\nd")).toBe("a\\u001b[2Jb\\u202ec\\u000ad");
  expect(plain("\u{1f1e9}\u{1f1ea}")).toBe("\\u{1f1e9}\\u{1f1ea}");
  expect(plain("☎\ufe0f \u{1f44d}\u{1f3ff}")).toBe("☎\\u{fe0f} \u{1f44d}\\u{1f3ff}");
  expect(plain(`a${"\u0301".repeat(500)}`)).toBe("a\u0301\u0301");
  expect(plain("\ud800x")).toBe("\ufffdx");
});

test("a long line breaks at its spaces, and anywhere if it has none", () => {
  expect(wrap("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrap("x".repeat(10), 4)).toEqual(["xxxx", "xxxx", "xx"]);
  expect(wrap("漢字漢", 3)).toEqual(["漢", "字", "漢"]);
  expect(wrap("ᄒ".repeat(5), 4)).toEqual(["ᄒᄒ", "ᄒᄒ", "ᄒ"]);
  expect(wrap("", 4)).toEqual([""]);
});

test("no text is wider than asked for, whatever is in it", () => {
  const alphabet = ["a", " ", "漢", "é", "e\u0301", "\u{1f600}", "\u{1f468}\u200d\u{1f469}", "\u{1f1e9}", "ｱ", "한", "ᄒ", "\ufe0f", "\u0301", "\u001b[31m", "\ud83d", "ﷺ"];
  let seed = 7;
  const next = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 2000; round += 1) {
    const text = plain(Array.from({ length: next(30) }, () => alphabet[next(alphabet.length)]).join(""));
    const columns = 1 + next(20);
    expect(widthOf(cut(text, columns)), JSON.stringify([text, columns])).toBeLessThanOrEqual(columns);
    expect(widthOf(fit(text, columns)), JSON.stringify([text, columns])).toBe(columns);
    if (columns === 1) continue;
    for (const line of wrap(text, columns)) expect(widthOf(line), JSON.stringify([text, columns])).toBeLessThanOrEqual(columns);
    expect(wrap(text, columns).join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
  }
});
