/** Whether a route's path pattern allows a path: `*` is any run within one segment, `**` any number of whole segments. In time linear to pattern times path. */
export function pathFits(pattern: string, path: string): boolean {
  // Most patterns are of other places altogether.
  const star = pattern.indexOf("*");
  if (star !== -1 && !path.startsWith(pattern.slice(0, star).replace(/\/$/, ""))) return false;
  const wanted = pattern.split("/");
  const segments = path.split("/");
  // reached[i]: what was looked at of the pattern so far fits the first i segments.
  let reached = [true, ...segments.map(() => false)];
  for (const part of wanted) {
    const next = reached.map(() => false);
    for (let at = 0; at < reached.length; at += 1) {
      if (part === "**") next[at] = reached[at] === true || (at > 0 && next[at - 1] === true);
      else if (at > 0) next[at] = reached[at - 1] === true && segmentFits(part, segments[at - 1] ?? "");
    }
    if (!next.includes(true)) return false;
    reached = next;
  }
  return reached.at(-1) === true;
}

function segmentFits(pattern: string, segment: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return segment === first;
  if (!segment.startsWith(first) || !segment.endsWith(last) || segment.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = segment.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= segment.length - last.length;
}
