import { matchesGlob } from "./glob.ts";

/** A path pattern, split into segments. */
export type PathPattern = readonly string[];

/** The pattern's segments, or `undefined` if it does not start with `/`, has dot segments, or a `**` beside other text. */
export function compilePattern(text: string): PathPattern | undefined {
  if (!text.startsWith("/") || /[\\?#\0-\x1f\x7f]/.test(text)) return undefined;
  const segments = text.slice(1).split("/");
  const isBad = (segment: string): boolean =>
    segment === "." || segment === ".." || (segment.includes("**") && segment !== "**");
  return segments.some(isBad) ? undefined : segments;
}

/** Whether one reading of a path fits. `**` may stand for no segment: `/api/**` fits `/api`, `/api/` and `/api/x/y`. */
export function matchesPath(pattern: PathPattern, segments: readonly string[]): boolean {
  const first = pattern[0];
  if (first !== undefined && !first.includes("*") && first !== segments[0]) return false;
  return matchesGlob({ pattern, subject: segments, isStar: (part) => part === "**", fits: matchesSegment });
}

function matchesSegment(pattern: string, segment: string): boolean {
  if (!pattern.includes("*")) return pattern === segment;
  if (segment === "") return false;
  return matchesGlob({ pattern, subject: segment, isStar: (char) => char === "*", fits: (a, b) => a === b });
}
