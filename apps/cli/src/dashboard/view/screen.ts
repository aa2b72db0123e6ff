import { createElement, memo, type ReactElement } from "react";
import { Box, Text, useInput, usePaste, type TextProps } from "ink";
import type { Line, Tone } from "../layout/line.ts";
import { keysOfInput } from "./keys-of-input.ts";

/** What the screen is given. */
export interface ScreenProps {
  readonly lines: readonly Line[];
  readonly hasColour: boolean;
  readonly onKey: (key: string) => void;
  readonly onPaste: (text: string) => void;
}

/** The lines, one below the other, and the keyboard. */
export function Screen({ lines, hasColour, onKey, onPaste }: ScreenProps): ReactElement {
  useInput((input, key) => {
    for (const name of keysOfInput(input, key)) onKey(name);
  });
  usePaste(onPaste);
  return createElement(Box, { flexDirection: "column", height: lines.length, overflow: "hidden" },
    lines.map((line, index) => createElement(Row, { key: index, line, hasColour })));
}

interface RowProps {
  readonly line: Line;
  readonly hasColour: boolean;
}

const Row = memo(function Row({ line, hasColour }: RowProps): ReactElement {
  const spans = line.map(({ text, tone }, index) => createElement(Text, { key: index, ...styleOf(tone, hasColour) }, text));
  return createElement(Box, { height: 1, flexShrink: 0 }, createElement(Text, { wrap: "truncate-end" }, spans));
}, (before, after) => before.hasColour === after.hasColour && isSame(before.line, after.line));

function isSame(a: Line, b: Line): boolean {
  return a.length === b.length && a.every((span, index) => span.text === b[index]?.text && span.tone === b[index].tone);
}

const coloured: Readonly<Record<Tone, TextProps>> = {
  plain: {}, dim: { dimColor: true }, bold: { bold: true }, good: { color: "green" }, bad: { color: "red" }, warn: { color: "yellow" }, chosen: { inverse: true },
};
const uncoloured: Readonly<Record<Tone, TextProps>> = { plain: {}, dim: {}, bold: { bold: true }, good: {}, bad: { bold: true }, warn: { bold: true }, chosen: { inverse: true } };

function styleOf(tone: Tone, hasColour: boolean): TextProps {
  return hasColour ? coloured[tone] : uncoloured[tone];
}
