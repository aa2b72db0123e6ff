/**
 * Folds compatibility characters (NFKC or NFKD), each code point on its own. Linear, unlike `normalize` on the whole, which sorts
 * runs of combining marks and takes seconds for a path made of them. Marks stay in their order.
 */
export function foldCompatibility(text: string, form: "NFKC" | "NFKD"): string {
  return text.replace(/[^\0-\x7f]/gu, (char) => char.normalize(form));
}
