import { redactText, spellings } from "@bottle/secret-scan";

/** Fields whose words are the format's own. */
const fixed: ReadonlySet<string> = new Set(["time", "type", "decision", "layer", "reason", "outcome"]);

/** Takes known secrets out of the texts of an entry. */
export type Redact = (entry: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** A redaction of these values, in every spelling they commonly have. @param values those that are known now */
export function createRedact(values: () => readonly string[]): Redact {
  let known: readonly string[] = [];
  let forms: readonly string[] = [];
  return (entry) => {
    const now = values();
    if (now.length !== known.length || now.some((value, at) => value !== known[at])) [known, forms] = [now, now.flatMap(spellings)];
    if (forms.length === 0) return entry;
    const clean = (key: string, value: unknown): unknown => (typeof value === "string" && !fixed.has(key) ? redactText(forms, value) : value);
    return Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, clean(key, value)]));
  };
}
