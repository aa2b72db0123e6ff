/**
 * What a terminal or an eye takes for something else: C0, DEL and C1 controls, soft hyphen, line and paragraph separators,
 * bidirectional controls (CVE-2021-42574), zero-width and other invisible characters, lone surrogates, tag characters.
 */
const deceptive = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e"
  + "\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\u{e0000}-\\u{e0fff}]",
  "gu",
);
const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0" };

/** A text as one line of printable characters: deceptive ones as `\n` or `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(deceptive, (found) => short[found] ?? `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same, line by line: line feeds stay. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

/** Every deceptive character as JSON's own `\uXXXX`, for text that is inside JSON strings already. */
export function escapeDeceptive(json: string): string {
  return json.replace(deceptive, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""));
}

/** A value in double quotes, printable and at most about `limit` characters, for messages. */
export function quote(value: string, limit = 60): string {
  const characters = visible(value.slice(0, 4 * limit));
  const cut = characters.length > limit || value.length > 4 * limit;
  return `"${cut ? `${characters.slice(0, limit)}…` : characters}"`;
}

/**
 * A text for reading alone: without its deceptive characters, tabs as a space, line feeds as they are (CR and CR LF as one), and
 * at most three marks stacked on a character. For what somebody else wrote in prose; what is put to use is shown by `visibleLines`, which hides nothing.
 */
export function stripped(text: string): string {
  return text.replace(/\r\n?/g, "\n").replaceAll("\t", " ").replace(deceptive, (found) => (found === "\n" ? found : "")).replace(/(\p{M}{3})\p{M}+/gu, "$1");
}

/** The first `limit` characters, never half of one; what was left out is counted at the end. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const isHalved = /[\ud800-\udbff]/.test(text.charAt(limit - 1));
  const kept = text.slice(0, isHalved ? limit - 1 : limit);
  return `${kept}… (${text.length - kept.length} more characters)`;
}
