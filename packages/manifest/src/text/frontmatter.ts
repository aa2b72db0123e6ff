/** The two parts of a manifest. Offsets are in UTF-16 units of the whole text. */
export type Frontmatter =
  | { readonly ok: true; readonly yaml: string; readonly yamlOffset: number; readonly body: string; readonly bodyOffset: number }
  | { readonly ok: false; readonly reason: "missing" | "late" | "unterminated"; readonly offset: number };

/** Splits `---`, YAML, `---`, body. Both fences stand alone on their lines; the first is the file's first line. */
export function splitFrontmatter(text: string): Frontmatter {
  const opening = /^---[ \t]*(?:\r?\n|$)/.exec(text);
  if (!opening) {
    const late = /^[ \t\r\n]{1,2000}---[ \t]*\r?$/m.exec(text);
    const isLate = late?.index === 0;
    return { ok: false, reason: isLate ? "late" : "missing", offset: isLate ? late[0].lastIndexOf("---") : 0 };
  }
  const yamlOffset = opening[0].length;
  const closing = /^---[ \t]{0,99}\r?$/m.exec(text.slice(yamlOffset));
  if (!closing) return { ok: false, reason: "unterminated", offset: 0 };
  const bodyOffset = yamlOffset + closing.index + closing[0].length;
  return { ok: true, yaml: text.slice(yamlOffset, yamlOffset + closing.index), yamlOffset, body: text.slice(bodyOffset).trim(), bodyOffset };
}
