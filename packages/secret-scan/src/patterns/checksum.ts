import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** The last six characters of GitHub's and npm's tokens: the CRC-32 of the random part in base62, padded with `0`. */
export function crc32Base62(text: string): string {
  let rest = crc32(text);
  let digits = "";
  for (; rest > 0; rest = Math.floor(rest / 62)) digits = `${base62[rest % 62]}${digits}`;
  return digits.padStart(6, "0");
}

/** Whether the text is a random part and its `crc32Base62`. */
export function hasCrc32(text: string): boolean {
  return text.length > 6 && crc32Base62(text.slice(0, -6)) === text.slice(-6);
}

/** The payload of a Base58Check text, as Bitcoin writes keys: the last four bytes are a double SHA-256 of the rest. Undefined if they are not. */
export function decodeBase58Check(text: string): Buffer | undefined {
  const bytes = decodeBase58(text);
  if (bytes === undefined || bytes.length < 5) return undefined;
  const payload = bytes.subarray(0, -4);
  return checkOf(payload).equals(bytes.subarray(-4)) ? payload : undefined;
}

/** The other way round. */
export function encodeBase58Check(payload: Uint8Array): string {
  return encodeBase58(Buffer.concat([payload, checkOf(payload)]));
}

function checkOf(payload: Uint8Array): Buffer {
  return sha256(sha256(payload)).subarray(0, 4);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function decodeBase58(text: string): Buffer | undefined {
  if (!/^[1-9A-HJ-NP-Za-km-z]{0,200}$/.test(text)) return undefined;
  let value = 0n;
  // As many digits at once as a number holds exactly.
  for (let at = 0; at < text.length; at += 9) {
    const digits = [...text.slice(at, at + 9)].map((char) => base58.indexOf(char));
    value = value * BigInt(58 ** digits.length) + BigInt(digits.reduce((sum, digit) => sum * 58 + digit, 0));
  }
  const hex = value === 0n ? "" : value.toString(16);
  const zeros = text.length - text.replace(/^1{1,200}/, "").length;
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(hex.padStart(hex.length + hex.length % 2, "0"), "hex")]);
}

function encodeBase58(bytes: Uint8Array): string {
  let value = BigInt(`0x0${Buffer.from(bytes).toString("hex")}`);
  let text = "";
  for (; value > 0n; value /= 58n) text = `${base58[Number(value % 58n)]}${text}`;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return `${"1".repeat(zeros === -1 ? bytes.length : zeros)}${text}`;
}

/** Luhn's check (ISO/IEC 7812-1, annex B) of a text of digits. */
export function hasLuhn(digits: string): boolean {
  if (!/^\d{2,32}$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, char, at) => total + luhnTerm(Number(char), at % 2 === 1), 0);
  return sum % 10 === 0;
}

function luhnTerm(digit: number, isDoubled: boolean): number {
  const value = isDoubled ? digit * 2 : digit;
  return value > 9 ? value - 9 : value;
}

/** The check of ISO 7064 mod 97-10 as an IBAN has it (ISO 13616): the text without spaces, upper case. */
export function hasMod97(iban: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return false;
  const turned = `${iban.slice(4)}${iban.slice(0, 4)}`;
  let rest = 0;
  for (const char of turned) {
    const value = Number.parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** The check of an American Bankers Association routing number: nine digits, weights 3, 7, 1. */
export function hasAbaCheck(digits: string): boolean {
  if (!/^\d{9}$/.test(digits)) return false;
  const weights = [3, 7, 1];
  const sum = [...digits].reduce((total, char, at) => total + Number(char) * (weights[at % 3] ?? 0), 0);
  return sum > 0 && sum % 10 === 0;
}
