import { visible } from "../visible.ts";
import type { PlacedFault } from "./fault.ts";

/** One fault of a file, with its place and its mend. */
export interface Problem {
  readonly code: string;
  /** The path as it was given. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  readonly message: string;
  /** What to write instead; may have several lines. */
  readonly mend?: string;
}

/** What of a file may be shown. */
export interface Shown {
  /** Top-level keys below which nothing is a secret. */
  readonly openSections: readonly string[];
  /** Words in the name of a key whose value is hidden there all the same. */
  readonly secretWords: readonly string[];
}

const widest = 100;
const mostProblems = 20;

/** Faults as problems of a file, in its order. */
export function toProblems(faults: readonly PlacedFault[], { file, text }: { readonly file: string; readonly text: string }): readonly Problem[] {
  const sorted = [...faults].sort((a, b) => a.offset - b.offset).slice(0, mostProblems);
  return sorted.map(({ offset, ...fault }) => {
    const before = text.slice(0, offset);
    const lineStart = before.lastIndexOf("\n") + 1;
    return { ...fault, file, line: before.split("\n").length, column: Array.from(text.slice(lineStart, offset)).length + 1 };
  });
}

/** Problems for a terminal: `file:line:column`, the line, a caret under the place, the message, the mend. Nothing of a file gets there unescaped. */
export function formatProblems(problems: readonly Problem[], text: string, shown: Shown): string {
  const lines = text.split("\n");
  const isOpen = new RegExp(`^(?:${shown.openSections.join("|")})\\s*:`);
  const secret = new RegExp(`((?:${shown.secretWords.join("|")})[\\w-]*["']?\\s*:)(?=\\s*\\S).*$`, "i");
  return problems.map(({ file, line, column, message, mend, code }) => [
    `${visible(file)}:${line}:${column}`,
    ...shownLine(masked(lines, line - 1, { column, isUnknown: code === "key-unknown", isOpen, secret }), column),
    visible(message),
    ...(mend === undefined ? [] : mend.split("\n").map((part, at) => `  ${at === 0 ? "→" : " "} ${visible(part)}`)),
  ].join("\n")).join("\n\n");
}

// These end up in a journal too, and someone may have written a secret itself where its source belongs.
function masked(lines: readonly string[], index: number, { column, isUnknown, isOpen, secret }: {
  readonly column: number;
  readonly isUnknown: boolean;
  readonly isOpen: RegExp;
  readonly secret: RegExp;
}): string {
  const line = (lines[index] ?? "").replace(/\r$/, "");
  const section = lines.slice(0, index + 1).findLast((one) => /^[^\s#-]/.test(one)) ?? "";
  const mask = (from: number): string => line.replace(new RegExp(`^(.{${from}}[^:]*:).+$`, "u"), "$1 …");
  if (!isOpen.test(section)) return mask(0);
  if (isUnknown) return mask(column - 1);
  return line.replace(/(:\/\/)[^/@\s]*@/g, "$1…@").replace(secret, "$1 …");
}

function shownLine(line: string, column: number): readonly string[] {
  const characters = Array.from(line.slice(0, 100_000).replace(/\r$/, ""));
  if (characters.length === 0) return [];
  const from = Math.max(0, column - 1 - widest / 2);
  const before = `${from > 0 ? "…" : ""}${visible(characters.slice(from, column - 1).join(""))}`;
  const after = visible(characters.slice(column - 1, from + widest).join(""));
  return [`    ${before}${after}${characters.length > from + widest ? "…" : ""}`, `    ${" ".repeat(Array.from(before).length)}^`];
}
