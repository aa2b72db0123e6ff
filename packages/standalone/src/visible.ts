/** C0 and C1 controls, bidirectional and zero-width characters, lone surrogates, tags: what a terminal obeys or an eye misses (CVE-2021-42574). */
const deceptive = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu;
const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A text as one line of printable characters: deceptive ones as `\n` or `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(deceptive, (found) => short[found] ?? `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A value in double quotes, printable and short, for messages. */
export function quote(text: string, limit = 60): string {
  const characters = Array.from(visible(text.slice(0, 4 * limit)));
  return `"${characters.slice(0, limit).join("")}${characters.length > limit || text.length > 4 * limit ? "…" : ""}"`;
}

/** JSON on one line, safe to show: what JSON leaves as it is and a terminal obeys is escaped. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(deceptive, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""));
}
