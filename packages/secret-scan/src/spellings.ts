/** Values shorter than this would be found by chance in ordinary text, so they are not looked for. */
const shortestValue = 6;

/**
 * The forms in which a known value commonly appears in text: as it is, in base64 (also url-safe, unpadded, and inside a longer
 * text), hex, percent-encoded, in a form, in JSON and in HTML. Longest first. Empty for a value of fewer than 6 characters.
 */
export function spellings(value: string): readonly string[] {
  if (value.length < shortestValue) return [];
  const forms = [value, ...base64Forms(value), ...hexForms(value), ...percentForms(value), ...jsonForms(value), ...htmlForms(value)];
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

function base64Forms(value: string): readonly string[] {
  const bytes = Buffer.from(value, "utf8");
  const padded = bytes.toString("base64");
  const standard = [padded.replace(/=+$/, ""), ...[0, 1, 2].map((before) => base64Inside(bytes, before))];
  return [padded, ...standard, ...standard.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

// The digits that are the value's alone when so many bytes (of three) stand before it; those at its ends also carry its neighbours.
function base64Inside(bytes: Buffer, before: number): string {
  const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
  return shifted.toString("base64").slice(Math.ceil(before * 8 / 6), Math.floor(shifted.length * 8 / 6));
}

function hexForms(value: string): readonly string[] {
  const hex = Buffer.from(value, "utf8").toString("hex");
  return [hex, hex.toUpperCase()];
}

function percentForms(value: string): readonly string[] {
  const usual = encodeURIComponent(value.toWellFormed());
  const strict = usual.replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams([["", value]]).toString().slice(1);
  return [usual, strict, form].flatMap((text) => [text, text.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

// Some writers escape the slash, some what means something in HTML: three characters of it, or five.
function jsonForms(value: string): readonly string[] {
  const usual = JSON.stringify(value).slice(1, -1);
  const escape = (chars: RegExp): string => usual.replaceAll(chars, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
  return [usual, usual.replaceAll("/", "\\/"), escape(/[<>&]/g), escape(/[<>&='+]/g), escape(/[<>&=']/g)];
}

function htmlForms(value: string): readonly string[] {
  const text = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quoted = text.replaceAll("\"", "&quot;");
  return [text, quoted, ...["&#39;", "&#x27;", "&#039;", "&apos;"].map((quote) => quoted.replaceAll("'", quote)),
    text.replaceAll("\"", "&#34;").replaceAll("'", "&#39;")];
}
