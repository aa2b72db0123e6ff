import { asBuffer } from "../bytes.ts";

// The named references that stand for ASCII punctuation (HTML, "Named character references").
const named: Readonly<Record<string, string>> = {
  amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'", nbsp: " ", sol: "/", bsol: "\\", colon: ":", semi: ";", equals: "=", plus: "+",
  num: "#", excl: "!", quest: "?", commat: "@", dollar: "$", percnt: "%", lpar: "(", rpar: ")", lsqb: "[", lbrack: "[", rsqb: "]",
  rbrack: "]", lcub: "{", lbrace: "{", rcub: "}", rbrace: "}", ast: "*", comma: ",", period: ".", lowbar: "_", hyphen: "-", dash: "-",
  grave: "`", verbar: "|", vert: "|", hat: "^", tab: "\t", newline: "\n",
};

/** The text with HTML's character references undone; undefined if it has none. */
export function decodeEntities(bytes: Uint8Array): Buffer | undefined {
  if (!bytes.includes(0x26)) return undefined;
  const text = asBuffer(bytes).toString("latin1");
  const decoded = text.replaceAll(/&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,7}));?/g, (whole: string, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return Object.hasOwn(named, name.toLowerCase()) ? named[name.toLowerCase()] ?? whole : whole;
    return toUtf8(decimal === undefined ? parseInt(hex ?? "0", 16) : Number(decimal));
  });
  return decoded === text ? undefined : Buffer.from(decoded, "latin1");
}

// A code point as the bytes of its UTF-8, each a character of its own.
function toUtf8(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  return code > 0x10ffff ? "" : Buffer.from(String.fromCodePoint(code), "utf8").toString("latin1");
}
