import { spellings } from "@bottle/secret-scan/known";
import { EgressError } from "../../errors.ts";

const fewestDistinct = 8;

/** What the program inside holds in a credential's place. */
export interface Placeholder {
  readonly tokenRef: string;
  readonly text: string;
  /** Finds it in a URL, whichever of its characters are percent-encoded. */
  readonly inUrl: RegExp;
  /** As it is, in base64 at every alignment, and in hex. */
  readonly forms: readonly string[];
}

/** All placeholders of one bottle, by their tokenRef. Made by `compilePlaceholders` alone. */
export type Placeholders = ReadonlyMap<string, Placeholder>;

/**
 * Checks the placeholders of a bottle.
 * @throws EgressError `option-invalid` for one that is too short, not random, not safe everywhere, or contained in another
 */
export function compilePlaceholders(given: Readonly<Record<string, string>>): Placeholders {
  const all = Object.entries(given).map(([tokenRef, text]) => {
    const problem = problemOf(text);
    if (problem !== undefined) throw invalid(tokenRef, problem);
    return { tokenRef, text, inUrl: urlPattern(text), forms: spellings(text) };
  });
  for (const one of all) {
    const other = all.find(({ tokenRef, text }) => tokenRef !== one.tokenRef && one.forms.some((form) => text.toLowerCase().includes(form.toLowerCase())));
    if (other !== undefined) throw invalid(one.tokenRef, `is contained in that of ${other.tokenRef}`);
  }
  return new Map(all.map((one) => [one.tokenRef, one]));
}

function problemOf(text: unknown): string | undefined {
  if (typeof text !== "string" || text.length < 24) return "must have at least 24 characters";
  if (!/^[A-Za-z0-9_.-]{24,256}$/.test(text)) return "must be at most 256 letters, digits, dots, dashes and underscores";
  return new Set(text).size < fewestDistinct ? "must be random" : undefined;
}

// It is named by its tokenRef alone: whoever reads the message need not know it.
function invalid(tokenRef: string, problem: string): EgressError {
  return new EgressError("option-invalid", `The placeholder of ${JSON.stringify(tokenRef)} ${problem}. createPlaceholder() makes one.`);
}

function urlPattern(text: string): RegExp {
  const chars = [...text].map((char) => {
    const hex = [...char.charCodeAt(0).toString(16)].map((digit) => /\d/.test(digit) ? digit : `[${digit}${digit.toUpperCase()}]`).join("");
    return `(?:${char.replace(".", "\\.")}|%${hex})`;
  });
  return new RegExp(chars.join(""), "g");
}
