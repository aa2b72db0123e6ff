const columns = 76;
const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/**
 * Somebody else's text, each line behind a mark and broken before a terminal would do it: no part of it can pass for a line of bottle's own.
 * What it is made of has been made visible before.
 */
export function quoted(text: string, mark = "  │ ", more = mark): readonly string[] {
  return text.split("\n").flatMap((line) => broken(line).map((part, index) => `${index === 0 ? mark : more}${part}`));
}

function broken(line: string): readonly string[] {
  const parts: string[] = [];
  let [part, used] = ["", 0];
  for (const character of line) {
    const width = wide.test(character) ? 2 : 1;
    if (used + width > columns) {
      parts.push(part);
      [part, used] = ["", 0];
    }
    part += character;
    used += width;
  }
  return [...parts, part];
}
