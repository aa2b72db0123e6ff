import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { normalise } from "./index.ts";

const secret = "sk-ant-Token_0123 = ABCXYZ";

test("printable ASCII is the very same text", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
    expect(normalise(text)).toBe(text);
  }));
});

test.each<[string, string]>([
  ["control characters", "sk-\u0000an\nt-\tTo\u007fken\u0085_0123 = ABCXYZ\r\n"],
  ["zero-width characters", "s\u200bk-\u200cant\u200d-T\u2060oken_01\ufeff23 = ABCXYZ"],
  ["direction marks and isolates", "\u202esk-ant-\u2066Token\u2069_0123 = ABCXYZ\u200f"],
  ["tags and variation selectors", `sk-ant-Token\u{e0061}_0\ufe0f1\u{e0100}23 = ABCXYZ`],
  ["fillers and soft hyphens", "sk-ant\u00ad-To\u115fken\u3164_0123\u2800 = ABC\uffa0XYZ"],
  ["exotic spaces", "sk-ant-Token_0123\u00a0=\u3000ABCXYZ"],
  ["full-width forms", "ｓｋ－ａｎｔ－Ｔｏｋｅｎ＿０１２３ ＝ ＡＢＣＸＹＺ"],
  ["mathematical letters", "𝐬𝐤-𝒶𝓃𝓉-𝕋𝕠𝕜𝕖𝕟_𝟘𝟙𝟚𝟛 = 𝗔𝗕𝗖𝘟𝘠𝘡"],
  ["Cyrillic letters", "ѕк-аnt-Токеn_0123 = АВСХУZ"],
  ["Greek letters", "sκ-αnτ-Τοκεn_0123 = ΑΒCΧΥΖ"],
  ["Armenian and Cherokee letters", "sk-ant-Tօken_0123 = ᎪᏴᏟXᎩᏃ"],
  ["letters with strokes", "sk-ant-Ŧøꝁen_0123 = ȺɃȻXɎƵ".replace("ꝁ", "ƙ")],
  ["accents, composed and not", "śk-ânt-Tôken_0123 = A\u0301B\u0308CX\u0338YZ"],
  ["boxed letters and regional indicators", "sk-ant-Token_0123 = 🅰🅱🅲🇽🇾🇿"],
  ["other hyphens and signs", "sk‐ant–Token＿0123 ＝ ABCXYZ"],
])("%s do not hide a text", (_, hidden) => {
  expect(normalise(hidden)).toBe(secret);
});

test("small capitals are letters, without their case", () => {
  expect(normalise("ᴛᴏᴋᴇɴ")).toBe("token");
});

test("every Latin letter has its look-alikes folded to one character", () => {
  for (const char of "аеорсухіјѕԁԛԝһАВЕКМНОРСТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ") expect(normalise(char)).toMatch(/^[A-Za-z]$/);
});

test("text in another script stays text of that length or less, and of nothing that was not there", () => {
  expect(normalise("日本語")).toBe("日本語");
  expect(normalise("🙂")).toBe("🙂");
});

test("any text is taken, and what comes out comes out again the same", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
    const once = normalise(text);
    expect(normalise(once)).toBe(once);
    expect(once).not.toMatch(/[\0-\x1f\x7f-\x9f\u200b-\u200f]/);
  }), { numRuns: 2000 });
});

test("lone surrogates do no harm", () => {
  expect(normalise("a\ud800b")).toBe("a\ufffdb");
});

test("a long text of one mark takes no more than its length allows", () => {
  expect(normalise("\u0301".repeat(200_000))).toBe("");
  expect(normalise("\u200b".repeat(200_000))).toBe("");
});

test("however many marks there are in a row, few at a time are put in order, which takes the square of their number", () => {
  const spy = vi.spyOn(String.prototype, "normalize");
  const text = `sk-an\u0301${"\u0301".repeat(20_000)}${"\u0316".repeat(20_000)}t-Token_0123 = AB\u{1d49e}XYZ`;
  const made = normalise(text);
  const most = Math.max(...spy.mock.contexts.map((piece) => String(piece).length));
  spy.mockRestore();
  expect(made).toBe(secret);
  expect(most).toBeLessThan(1_000);
});
