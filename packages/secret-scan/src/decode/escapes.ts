import { asBuffer } from "../bytes.ts";

const plain: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The text with the backslash escapes of JSON (RFC 8259 §7) and of most languages (`\x41`, `\u{41}`, `\'`) undone; undefined if it has none. */
export function decodeEscapes(bytes: Uint8Array): Buffer | undefined {
  if (!bytes.includes(0x5c)) return undefined;
  const text = asBuffer(bytes).toString("latin1");
  const decoded = text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|([^ux]))/g, (_: string, four?: string, braced?: string, two?: string, char?: string) => {
    if (char !== undefined) return plain[char] ?? char;
    return toUtf8(parseInt(four ?? braced ?? two ?? "0", 16));
  });
  return decoded === text ? undefined : Buffer.from(decoded, "latin1");
}

/** A code point as the bytes of its UTF-8, each a character of its own. */
export function toUtf8(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  return code > 0x10ffff ? "" : Buffer.from(String.fromCodePoint(code), "utf8").toString("latin1");
}
