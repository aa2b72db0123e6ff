import { asBuffer } from "../bytes.ts";

// The named references that stand for ASCII punctuation (HTML, "Named character references").
const named: Readonly<Record<string, string>> = {
  amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'", nbsp: " ", sol: "/", bsol: "\\", colon: ":", semi: ";", equals: "=", plus: "+",
  num: "#", excl: "!", quest: "?", commat: "@", dollar: "$", percnt: "%", lpar: "(", rpar: ")", lsqb: "[", lbrack: "[", rsqb: "]",
  rbrack: "]", lcub: "{", lbrace: "{", rcub: "}", rbrace: "}", ast: "*", comma: ",", period: ".", lowbar: "_", hyphen: "-", dash: "-",
  grave: "`", verbar: "|", vert: "|", hat: "^", tab: "\t", newline: "\n",
};

const ampersand = 0x26;
const reference = /&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,7}));?/y;
/** No reference is longer. */
const longest = 10;

/** The text with HTML's character references undone; undefined if it has none. */
export function decodeEntities(bytes: Uint8Array): Buffer | undefined {
  const buffer = asBuffer(bytes);
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = buffer.indexOf(ampersand); at !== -1; at = buffer.indexOf(ampersand, Math.max(at + 1, from))) {
    const found = readReference(buffer, at);
    if (found === undefined) continue;
    parts.push(buffer.subarray(from, at), Buffer.from(found.text, "utf8"));
    from = at + found.length;
  }
  return from === 0 ? undefined : Buffer.concat([...parts, buffer.subarray(from)]);
}

/** Whether a reference is there, at an ampersand. */
export function isReference(bytes: Buffer, at: number): boolean {
  return readReference(bytes, at) !== undefined;
}

function readReference(buffer: Buffer, at: number): { readonly text: string; readonly length: number } | undefined {
  if (!mayBegin(buffer[at + 1], buffer[at + 2])) return undefined;
  reference.lastIndex = 0;
  const [whole = "", decimal, hex, name] = reference.exec(buffer.toString("latin1", at, at + longest)) ?? [];
  const text = whole === "" ? undefined : decode(decimal, hex, name);
  return text === undefined ? undefined : { text, length: whole.length };
}

function decode(decimal: string | undefined, hex: string | undefined, name: string | undefined): string | undefined {
  if (name !== undefined) return Object.hasOwn(named, name.toLowerCase()) ? named[name.toLowerCase()] : undefined;
  const code = decimal === undefined ? parseInt(hex ?? "0", 16) : Number(decimal);
  return code > 0x10ffff ? "" : String.fromCodePoint(code);
}

// A number sign and a digit or an x, or two letters.
function mayBegin(first = 0, second = 0): boolean {
  return first === 0x23 ? (second >= 0x30 && second <= 0x39) || (second | 0x20) === 0x78 : isLetter(first) && isLetter(second);
}

function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}
