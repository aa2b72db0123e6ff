import { redactText, spellings } from "@bottle/secret-scan/known";

/** Fields whose words are the format's own. */
const fixed: ReadonlySet<string> = new Set(["time", "type", "decision", "layer", "reason", "outcome"]);

// A client may send a path of 64 KiB as often as it likes.
const longest = 4_096;

/** Takes known secrets out of the texts of an entry, and cuts long ones. */
export type Redact = (entry: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** A redaction of these values, in every spelling they commonly have. @param values those that are known now */
export function createRedact(values: () => readonly string[]): Redact {
  let known: readonly string[] = [];
  let forms: readonly string[] = [];
  return (entry) => {
    const now = values();
    if (now.length !== known.length || now.some((value, at) => value !== known[at])) [known, forms] = [now, now.flatMap(spellings)];
    const clean = (key: string, value: unknown): unknown => {
      if (typeof value === "string") return fixed.has(key) ? value : cut(forms.length === 0 ? value : redactText(forms, value));
      if (Array.isArray(value)) return value.map((item: unknown) => clean(key, item));
      return typeof value === "object" && value !== null ? cleanAll(value) : value;
    };
    const cleanAll = (given: object): Readonly<Record<string, unknown>> => Object.fromEntries(Object.entries(given).map(([key, value]) => [key, clean(key, value)]));
    return cleanAll(entry);
  };
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text;
}
