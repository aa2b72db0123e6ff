import type { Problem } from "./model.ts";
import { visible, visibleLines } from "./text/visible.ts";

/** How problems are shown. */
export interface FormatProblemsOptions {
  /** Whether to colour by ANSI escape sequences. */
  readonly colour: boolean;
}

const widest = 100;
const longestLine = 100_000;

/**
 * Problems for a terminal: `file:line:column`, the line, a caret under the place, the message, the mend. Nothing of a file
 * reaches the terminal unescaped; long lines are cut around the place.
 * @param text the file's text, or texts by file when the problems are of several; a line that is not at hand is left out
 */
export function formatProblems(problems: readonly Problem[], text: string | Readonly<Record<string, string>>, { colour }: FormatProblemsOptions): string {
  const paint = (code: number, part: string): string => (colour ? `\u001b[${code}m${part}\u001b[0m` : part);
  const textOf = (file: string): string | undefined => (typeof text === "string" ? text : Object.hasOwn(text, file) ? text[file] : undefined);
  const linesByFile = new Map<string, readonly string[]>();
  return problems.map((problem) => {
    const { file, line, column, message, mend } = problem;
    const lines = linesByFile.get(file) ?? (textOf(file) ?? "").split("\n");
    linesByFile.set(file, lines);
    return [
      paint(1, `${visible(file)}:${line}:${column}`),
      ...shownLine(lines[line - 1], column).map((part, at) => (at === 0 ? part : paint(31, part))),
      visible(message),
      ...(mend === undefined ? [] : visibleLines(mend).split("\n").map((part) => paint(36, `  ${part}`))),
    ].join("\n");
  }).join("\n\n");
}

// The line and the line with the caret; nothing for an empty line.
function shownLine(line: string | undefined, column: number): readonly string[] {
  const characters = Array.from((line ?? "").slice(0, longestLine).replace(/\r$/, "").replace(/^\ufeff/, ""));
  if (characters.length === 0) return [];
  const from = Math.max(0, column - 1 - Math.floor(widest / 2));
  const before = `${from > 0 ? "…" : ""}${visible(characters.slice(from, column - 1).join(""))}`;
  const after = visible(characters.slice(column - 1, from + widest).join(""));
  return [`    ${before}${after}${characters.length > from + widest ? "…" : ""}`, `    ${" ".repeat(Array.from(before).length)}^`];
}
