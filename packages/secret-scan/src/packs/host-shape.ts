import { domainToUnicode } from "node:url";

// What real names have: a random label is an id of at most 40 characters (a SHA-1; 32 in Lambda's, EKS's and R2's names, 36 in a UUID).
const mostInLabel = 40;
const mostInHost = 48;
const mostEncodedLabels = 2;
const shortestId = 10;
const mostLabels = 10;
const mostCharacters = 130;

/**
 * Whether a name (ASCII, as in a request) has the form of data rather than of a host: long labels in base32, hex or base64, several random labels,
 * or too many or too long ones. The last two labels do not count. Only the form is seen: little data in each of many names passes.
 */
export function looksLikeExfiltration(host: string): boolean {
  const labels = host.toLowerCase().replace(/\.$/, "").split(".").slice(0, -2);
  if (labels.length > mostLabels || labels.join(".").length > mostCharacters) return true;
  const encoded = labels.map(encodedLength);
  return encoded.some((length) => length > mostInLabel) || encoded.reduce((sum, length) => sum + length, 0) > mostInHost ||
    encoded.filter((length) => length >= shortestId).length > mostEncodedLabels;
}

// How many characters of a label are in parts that no one would write or read.
function encodedLength(label: string): number {
  if (label.startsWith("xn--")) return isWritten(label) ? 0 : label.length;
  if (label.length >= 45 && changes(label) >= 8) return label.length;
  return label.split(/[-_]/).filter(isEncoded).reduce((sum, part) => sum + part.length, 0);
}

// An internationalised name (RFC 5891) is of one script, or of those that are written together.
function isWritten(label: string): boolean {
  const text = domainToUnicode(label);
  return text !== "" && text !== label && [
    /^[\p{Script=Latin}\d-]+$/u, /^[\p{Script=Cyrillic}\d-]+$/u, /^[\p{Script=Greek}\d-]+$/u, /^[\p{Script=Arabic}\d-]+$/u, /^[\p{Script=Hebrew}\d-]+$/u,
    /^[\p{Script=Devanagari}\d-]+$/u, /^[\p{Script=Thai}\d-]+$/u, /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\d-]+$/u,
      /^[\p{Script=Hangul}\p{Script=Han}\d-]+$/u,
  ].some((script) => script.test(text));
}

function isEncoded(part: string): boolean {
  if (part.length > 30) return true;
  const turns = changes(part);
  return (part.length >= 5 && turns >= 3) || (part.length >= 8 && turns >= 2) || (part.length >= 16 && !isPronounceable(part));
}

// How often letters and digits take turns: many times in base32 and hex, seldom in a name and its number.
function changes(part: string): number {
  return (part.match(/[a-z](?=\d)|\d(?=[a-z])/g) ?? []).length;
}

function isPronounceable(part: string): boolean {
  const letters = part.replaceAll(/\d/g, "");
  const vowels = letters.replaceAll(/[^aeiouy]/g, "").length;
  return vowels >= letters.length * 0.25 && vowels <= letters.length * 0.65 && !/[^aeiouy\d]{6}/.test(part);
}
