/** The two parts of a manifest. Offsets are in UTF-16 units of the whole text. */
export type Frontmatter =
  | { readonly ok: true; readonly yaml: string; readonly yamlOffset: number; readonly body: string; readonly bodyOffset: number }
  | { readonly ok: false; readonly reason: "missing" | "late" | "unterminated"; readonly offset: number };

/** Splits `---`, YAML, `---`, body. Both fences stand alone on their lines; the first is the file's first line. */
export function splitFrontmatter(text: string): Frontmatter {
  const opening = /^---[ \t]{0,99}(?:\r?\n|$)/.exec(text);
  if (!opening) {
    const start = text.length - text.trimStart().length;
    const isLate = /^---[ \t]{0,99}\r?\n/.test(text.slice(start, start + 110)) && /(?:^|\n)[ \t]{0,99}$/.test(text.slice(Math.max(0, start - 100), start));
    return { ok: false, reason: isLate ? "late" : "missing", offset: isLate ? start : 0 };
  }
  const yamlOffset = opening[0].length;
  const closing = /^---[ \t]{0,99}\r?$/m.exec(text.slice(yamlOffset));
  if (!closing) return { ok: false, reason: "unterminated", offset: 0 };
  const bodyOffset = yamlOffset + closing.index + closing[0].length;
  return { ok: true, yaml: text.slice(yamlOffset, yamlOffset + closing.index), yamlOffset, body: text.slice(bodyOffset).trim(), bodyOffset };
}
