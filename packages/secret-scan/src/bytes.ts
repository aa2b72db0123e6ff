/** Tables over bytes: each answers for one byte. */

/** The lower-case letter of an upper-case ASCII one, any other byte as it is. */
export const folded: Uint8Array = table((byte) => byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

/** Letters, digits and all from 0x80 up, folded; 0 for the rest, which is what may stand between a secret's characters as noise. */
export const kept: Uint8Array = table((byte) => isAlphanumeric(byte) || byte >= 0x80 ? folded[byte] ?? 0 : 0);

/** 1 for what is no noise, else 0. */
export const isKept: Uint8Array = table((byte) => kept[byte] === 0 ? 0 : 1);

/** 1 for an ASCII letter or digit, else 0. */
export const isWord: Uint8Array = table((byte) => isAlphanumeric(byte) ? 1 : 0);

export const isBase64: Uint8Array = members((char) => /[A-Za-z0-9+/_-]/.test(char));
export const isBase32: Uint8Array = members((char) => /[A-Za-z2-7]/.test(char));
export const isHexOrBetween: Uint8Array = members((char) => /[0-9A-Fa-fxX:, \\-]/.test(char));

/** 1 for all but printable ASCII, tabs and line ends. */
export const isStrange: Uint8Array = table((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13 ? 0 : 1);

/** What begins an escape: of a URL, of most languages, of HTML. */
export const isEscapeBegin: Uint8Array = members((char) => "%\\&".includes(char));

/** 0 to 15 for a hex digit, else 255. */
export const hexValue: Uint8Array = table((byte) => {
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(folded[byte] ?? 0));
  return digit === -1 ? 255 : digit;
});

/** 0 to 63 for a base64 digit of either alphabet (RFC 4648 §4 and §5), else 255. */
export const base64Value: Uint8Array = table((byte) => {
  const char = String.fromCharCode(byte).replace("-", "+").replace("_", "/");
  const digit = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".indexOf(char);
  return digit === -1 ? 255 : digit;
});

/** 0 to 31 for a base32 digit (RFC 4648 §6) in either case, else 255. */
export const base32Value: Uint8Array = table((byte) => {
  const digit = "abcdefghijklmnopqrstuvwxyz234567".indexOf(String.fromCharCode(folded[byte] ?? 0));
  return digit === -1 ? 255 : digit;
});

function table(value: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => value(byte));
}

function members(is: (char: string) => boolean): Uint8Array {
  return table((byte) => byte < 0x80 && is(String.fromCharCode(byte)) ? 1 : 0);
}

function isAlphanumeric(byte: number): boolean {
  return byte < 0x80 && /[A-Za-z0-9]/.test(String.fromCharCode(byte));
}

/** A Buffer over the same bytes. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
