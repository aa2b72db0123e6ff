/** A request target's path in every reading a server may give it, as lists of segments; a route must match them all. */
export type PathReadings = readonly (readonly string[])[];

const maxDecodings = 3;

/**
 * Reads the path of a request target (before `?`). Undefined for what no two servers read alike: a backslash, a
 * fragment, control characters, broken escapes, dot segments in any encoding, parameters on dot segments.
 */
export function readPath(path: string): PathReadings | undefined {
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[\\#?]/.test(path)) return undefined;
  const decodings = decodeFully(path);
  if (!decodings) return undefined;
  const lists = decodings.map((text) => text.slice(1).split("/"));
  if (lists.flat().some((segment) => /^\.{1,2}(?:;|$)/.test(segment))) return undefined;
  // Plain, each segment decoded on its own, decoded before splitting, and with empty segments collapsed.
  const perSegment = path.slice(1).split("/").map((segment) => decodeFully(segment)?.at(-1) ?? segment);
  const readings = [...lists, perSegment];
  return [...readings, ...readings.map(collapse)];
}

function collapse(segments: readonly string[]): readonly string[] {
  return segments.filter((segment, index) => segment !== "" || index === segments.length - 1);
}

/** The text and each decoding of it, until it no longer changes; undefined if it is broken or does not come to rest. */
export function decodeFully(text: string): readonly string[] | undefined {
  const found = [text];
  for (let round = 0; round < maxDecodings; round += 1) {
    const current = found.at(-1) ?? "";
    if (!current.includes("%")) return found;
    const next = decodeOnce(current);
    if (next === undefined || /[\0-\x1f\x7f\\]/.test(next)) return undefined;
    if (next === current) return found;
    found.push(next);
  }
  return found.at(-1)?.includes("%") ? undefined : found;
}

function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
