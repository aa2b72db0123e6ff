import { fold, lookAlikes } from "./confusables.ts";
import { spaces, unseen } from "./invisible.ts";

// Printable ASCII, and nothing else: what most texts are.
const plain = /^[ -~]*$/;
const controls = /[\0-\x1f\x7f-\x9f]{1,64}/g;
// To put marks in order takes the square of how many there are in a row (Unicode Standard Annex #15, "Stream-Safe Text Format").
const foreign = /[^\0-\x7f]{1,128}/gu;
// What bytes that are no text decode to: nothing in it stands for anything.
const undecodable = /^\ufffd+$/;

/**
 * The text as a reader would take it, for matching only: control characters and what is not seen left out, every space a plain one, compatibility
 * forms (NFKC), letters that look like Latin ones folded to them (after UTS #39), accents taken away. A text of printable ASCII is returned as it is.
 */
export function normalise(text: string): string {
  if (plain.test(text)) return text;
  return text.replaceAll(controls, "").replaceAll(foreign, readable);
}

// Dashes, quotes and letters with accents, which come again and again.
const readableRuns = new Map<string, string>();
const longestKept = 4;
const mostKept = 1024;

function readable(run: string): string {
  if (run.length > longestKept) return toReadable(run);
  const known = readableRuns.get(run);
  if (known !== undefined) return known;
  const made = toReadable(run);
  if (readableRuns.size < mostKept) readableRuns.set(run, made);
  return made;
}

// A run by itself comes to the same as within its text: marks on an ASCII letter before it go, and nothing else joins the two.
function toReadable(run: string): string {
  if (undecodable.test(run)) return run;
  const letters = run.toWellFormed().replaceAll(unseen, replacement).normalize("NFKC").replaceAll(lookAlikes, fold).normalize("NFD").replaceAll(/\p{Mn}/gu, "");
  return letters.replaceAll(lookAlikes, fold).replaceAll(unseen, replacement);
}

function replacement(char: string): string {
  return spaces.has(char) ? " " : "";
}
