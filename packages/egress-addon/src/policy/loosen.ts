import { foldCompatibility } from "./compatibility.ts";

/**
 * A path's segments as the loosest server compares them: decoded once more, compatibility characters folded (NFKD), without
 * case, invisible characters, dots and spaces at a segment's end (as Windows drops them), and empty segments. A deny route
 * compares patterns and paths in this form, so that no spelling gets round it.
 */
export function loosen(segments: readonly string[]): readonly string[] {
  return segments.flatMap((segment) => fold(segment).split("/")).map(trimEnd).filter((segment) => segment !== "");
}

// Not by a pattern: one that is tied to the end is tried at every dot.
function trimEnd(segment: string): string {
  let end = segment.length;
  while (segment[end - 1] === "." || segment[end - 1] === " ") end -= 1;
  return segment.slice(0, end);
}

function fold(segment: string): string {
  const decoded = segment.includes("%") ? decodeLeniently(segment) : segment;
  if (!/[^\0-\x7f]/.test(decoded)) return decoded.toLowerCase();
  return foldCompatibility(decoded, "NFKD").replace(/\p{Default_Ignorable_Code_Point}/gu, "").toUpperCase().toLowerCase();
}

function decodeLeniently(segment: string): string {
  return segment.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
