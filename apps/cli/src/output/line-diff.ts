/** A line of a diff: kept, only in the new text, or only in the old one. */
export interface DiffLine {
  readonly mark: " " | "+" | "-";
  readonly text: string;
}

// A table of more cells takes too long: what is between is then shown as taken out and put in whole.
const mostCells = 4_000_000;

/** What turns the lines of one text into those of another, by their longest common subsequence. Pure; at most some 4 million steps. */
export function lineDiff(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const kept = (lines: readonly string[]): readonly DiffLine[] => lines.map((text) => ({ mark: " ", text }));
  return [
    ...kept(after.slice(0, head)),
    ...between(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...kept(after.slice(after.length - tail)),
  ];
}

/** A text's lines; an empty one has none, and a line feed at the end makes no further one. */
export function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function between(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  if (before.length * after.length > mostCells) return [...marked("-", before), ...marked("+", after)];
  const width = after.length + 1;
  // length[i, j]: how many lines the rests from i and j have in common.
  const length = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number): number => length[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) length[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const lines: DiffLine[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length;) {
    const isSame = i < before.length && j < after.length && before[i] === after[j];
    if (isSame || (i < before.length && (j >= after.length || at(i + 1, j) >= at(i, j + 1)))) {
      lines.push({ mark: isSame ? " " : "-", text: before[i] ?? "" });
      i += 1;
      if (isSame) j += 1;
    } else {
      lines.push({ mark: "+", text: after[j] ?? "" });
      j += 1;
    }
  }
  return lines;
}

function marked(mark: "+" | "-", lines: readonly string[]): readonly DiffLine[] {
  return lines.map((text) => ({ mark, text }));
}
