import { fold } from "./confusables.ts";
import { isDropped, spaces } from "./invisible.ts";

// Printable ASCII, and nothing else: what most texts are.
const plain = /^[ -~]*$/;
const ascii = /^[\0-\x7f]*$/;
const dropped = /[^ -~\u00a1-\u00ac\u00ae-\u024f]/gu;
const beyondAscii = /[^\0-\x7f]/gu;

/**
 * The text as a reader would take it, for matching only: control characters and what is not seen left out, every space a plain one, compatibility
 * forms (NFKC), letters that look like Latin ones folded to them (after UTS #39), accents taken away. A text of printable ASCII is returned as it is.
 */
export function normalise(text: string): string {
  if (plain.test(text)) return text;
  if (ascii.test(text)) return text.replaceAll(/[\0-\x1f\x7f]/g, "");
  const seen = text.toWellFormed().replaceAll(dropped, replacement);
  if (plain.test(seen)) return seen;
  return seen.normalize("NFKC").replaceAll(beyondAscii, fold).normalize("NFD").replaceAll(/\p{Mn}/gu, "").replaceAll(beyondAscii, fold).replaceAll(dropped, replacement);
}

function replacement(char: string): string {
  if (spaces.has(char)) return " ";
  return isDropped(char) ? "" : char;
}
