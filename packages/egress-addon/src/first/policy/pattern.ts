/** Whether segments match a path pattern: `**` any number of segments, `*` any run within one. Linear-ish, no backtracking bombs. */
export function matchesPattern(pattern: readonly string[], segments: readonly string[]): boolean {
  // reach[i]: the pattern so far can have consumed the first i segments.
  let reach = new Array<boolean>(segments.length + 1).fill(false);
  reach[0] = true;
  for (const part of pattern) {
    const next = new Array<boolean>(segments.length + 1).fill(false);
    for (let count = 0; count <= segments.length; count += 1) {
      const segment = segments[count - 1];
      if (part === "**") next[count] = reach[count] === true || (count > 0 && next[count - 1] === true);
      else next[count] = segment !== undefined && reach[count - 1] === true && matchesSegment(part, segment);
    }
    reach = next;
  }
  return reach[segments.length] === true;
}

/** `*` is any run of characters, everything else itself. */
function matchesSegment(pattern: string, text: string): boolean {
  const pieces = pattern.split("*");
  const [first = "", ...rest] = pieces;
  if (rest.length === 0) return pattern === text;
  const last = rest.pop() ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}
