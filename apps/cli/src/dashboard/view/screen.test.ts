import { createElement } from "react";
import { renderToString } from "ink";
import { expect, test } from "vitest";
import { lineOf, textOf } from "../layout/line.ts";
import { Screen } from "./screen.ts";

test("each line stands as it was laid out: none is broken, left out or joined, whatever is in it", () => {
  const columns = 40;
  const texts = ["", "plain", "漢字かな한국어", "e\u0301\u0301\u0301", "\u{1f600}\u{1f468}\u200d\u{1f469}\u{1f1e9}\u{1f1ea}", "\u001b[31mred\u001b[2J", "x".repeat(200), "漢".repeat(100), "ᄒ".repeat(90), "a\nb", "", "☎\ufe0f ｆｕｌｌ", "\u{1f44d}\u{1f3ff}", "ﷺ", "end"];
  const lines = texts.map((text) => lineOf(columns, ["› ", [text, "bad"], [" ", "chosen"], text]));
  const screen = renderToString(createElement(Screen, { lines, hasColour: false, onKey: () => undefined, onPaste: () => undefined }), { columns });
  const bare = screen.replace(/\u001b\[[0-9;]*m/g, "").split("\n");
  expect(bare.map((line) => line.trimEnd())).toEqual(lines.map((line) => textOf(line).trimEnd()));
});
