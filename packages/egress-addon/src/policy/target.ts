import { foldCompatibility } from "./compatibility.ts";

/** An origin-form request target, with every way in which a server may read its path. */
export interface RequestTarget {
  /** As it was sent, without the query. Safe to pass on verbatim, since a route must fit all readings. */
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
  /** Decoded segments; the first is the plain reading, others exist for `%2F`, `//` and `;parameters`. */
  readonly readings: readonly (readonly string[])[];
}

type Transform = (segments: readonly string[]) => readonly string[];

const transforms: readonly Transform[] = [
  (segments) => segments.join("/").split("/"),
  (segments) => segments.map((segment) => segment.replace(/;.*$/s, "")),
  (segments) => segments.filter((segment, index) => segment !== "" || index === segments.length - 1),
];

/**
 * Reads a request target. `undefined` if it cannot be read safely: not starting with `/`, raw controls, spaces, non-ASCII, `\`
 * or `#`, bad percent-encoding, non-UTF-8, an encoded control or backslash, double encoding of a delimiter, a character that
 * folds into one, or a dot segment in any reading.
 */
export function readTarget(target: string): RequestTarget | undefined {
  if (!/^\/[!"$-[\]-~]*$/.test(target)) return undefined;
  const at = target.indexOf("?");
  const path = at === -1 ? target : target.slice(0, at);
  const segments = path.slice(1).split("/");
  // Most paths can be read in one way only.
  const isPlain = !/[%;]|\/\//.test(path);
  const readings = isPlain ? [segments] : allReadings(segments);
  if (readings === undefined) return undefined;
  if ((!isPlain || path.includes("/.")) && readings.some((reading) => reading.some((segment) => segment === "." || segment === ".."))) return undefined;
  return { path, query: at === -1 ? "" : target.slice(at), readings };
}

function allReadings(encoded: readonly string[]): readonly (readonly string[])[] | undefined {
  const segments: readonly (string | undefined)[] = encoded.map(decodeSegment);
  if (!isComplete(segments)) return undefined;
  if (!segments.some((segment, index) => /[/;]/.test(segment) || (segment === "" && index < segments.length - 1))) return [segments];
  const readings = new Map([[JSON.stringify(segments), segments]]);
  for (const transform of transforms) {
    for (const reading of [...readings.values()]) {
      const other = transform(reading);
      readings.set(JSON.stringify(other), other);
    }
  }
  return [...readings.values()];
}

function decodeSegment(segment: string): string | undefined {
  if (!segment.includes("%")) return segment;
  try {
    const decoded = decodeURIComponent(segment);
    return hasHidden(decoded) || foldsIntoPath(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}

// Controls, backslashes, and what a second decoding would turn into a delimiter.
function hasHidden(decoded: string): boolean {
  return /[\0-\x1f\x7f\\]|%(?:2[3ef5]|5c|[01][0-9a-f]|3[bf])/i.test(decoded);
}

// Some servers fold full-width and other compatibility characters into ASCII after they have looked at the path.
function foldsIntoPath(decoded: string): boolean {
  if (!/[^\0-\x7f]/.test(decoded)) return false;
  const folded = foldCompatibility(decoded, "NFKC");
  const delimiters = (text: string): number => text.split(/[/\\]|%[0-9a-f]{2}/i).length;
  return /^\.\.?(?:;|$)/.test(folded) || delimiters(folded) > delimiters(decoded);
}

function isComplete(segments: readonly (string | undefined)[]): segments is readonly string[] {
  return !segments.includes(undefined);
}
