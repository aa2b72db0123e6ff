import { hasAbaCheck, hasLuhn, hasMod97 } from "../patterns/checksum.ts";
import type { Pack } from "./pack.ts";

interface Rule {
  readonly id: string;
  readonly regexp: RegExp;
  readonly check?: (match: string) => boolean;
}

// Prefixes (ISO/IEC 7812) and lengths of Visa, Mastercard, American Express, Discover, JCB, Diners Club and UnionPay.
const issuers = [
  /^4(?:\d{12}|\d{15}|\d{18})$/, /^5[1-5]\d{14}$/, /^2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}$/, /^3[47]\d{13}$/,
  /^6(?:011|4[4-9]\d|5\d\d)\d{12,15}$/, /^35(?:2[89]|[3-8]\d)\d{12,15}$/, /^3(?:0[0-5]|[689]\d)\d{11,16}$/, /^62\d{14,17}$/,
];

// The SWIFT registry of IBAN formats (ISO 13616): country and length.
const ibanLengths = new Set(`
  AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18
  GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15
  PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20
`.trim().split(/\s{1,9}/));

const rules: readonly Rule[] = [
  // Areas, groups and serials that the Social Security Administration never gives out are left out.
  { id: "pii-us-social-security-number", regexp: /(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])/g },
  { id: "pii-payment-card", regexp: /(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])/g, check: isCard },
  { id: "pii-iban", regexp: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/gi, check: isIban },
  { id: "pii-us-routing-number", regexp: /\b(?:routing|aba|rtn)[^\d\n]{1,24}\d{9}(?!\d)/gi, check: (match) => hasAbaCheck(match.slice(-9)) },
];

/** Numbers of people, cards and accounts, each with the check it has. */
export const piiPack: Pack = {
  id: "pii",
  find: (text, place) => place === "host" ? [] : rules.filter((rule) => isIn(text, rule)).map(({ id }) => id),
};

function isIn(text: string, { regexp, check }: Rule): boolean {
  for (const [match] of text.matchAll(regexp)) if (check?.(match) ?? true) return true;
  return false;
}

function isCard(match: string): boolean {
  const digits = match.replaceAll(/[ -]/g, "");
  return issuers.some((issuer) => issuer.test(digits)) && new Set(digits).size > 1 && hasLuhn(digits);
}

function isIban(match: string): boolean {
  const iban = match.replaceAll(" ", "").toUpperCase();
  return ibanLengths.has(`${iban.slice(0, 2)}${String(iban.length)}`) && hasMod97(iban);
}
