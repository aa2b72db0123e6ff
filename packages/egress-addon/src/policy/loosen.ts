/**
 * A path's segments as the loosest server compares them: decoded once more, compatibility characters folded (NFKC), without
 * case, invisible characters, dots and spaces at a segment's end (as Windows drops them), and empty segments. A deny route
 * compares patterns and paths in this form, so that no spelling gets round it.
 */
export function loosen(segments: readonly string[]): readonly string[] {
  return segments.flatMap((segment) => fold(segment).split("/")).map((segment) => segment.replace(/[. ]+$/, "")).filter((segment) => segment !== "");
}

function fold(segment: string): string {
  const decoded = segment.includes("%") ? decodeLeniently(segment) : segment;
  if (!/[^\0-\x7f]/.test(decoded)) return decoded.toLowerCase();
  return decoded.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "").toUpperCase().toLowerCase();
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
