/** Values shorter than this would be found by chance in ordinary text, so they are not looked for. */
const shortestValue = 6;

/**
 * The forms in which a known value commonly appears in text: as it is, base64 (also url-safe and unpadded), percent-encoded
 * and as inside a JSON string. Longest first. Empty for a value of fewer than 6 characters.
 */
export function spellings(value: string): readonly string[] {
  if (value.length < shortestValue) return [];
  const bytes = Buffer.from(value, "utf8");
  const padded = bytes.toString("base64");
  const forms = [
    value, padded, padded.replace(/=+$/, ""), bytes.toString("base64url"), bytes.toString("hex"),
    encodeURIComponent(value.toWellFormed()), JSON.stringify(value).slice(1, -1),
  ];
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}
