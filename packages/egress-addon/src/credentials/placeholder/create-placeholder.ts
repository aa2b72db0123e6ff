import { randomInt } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A new placeholder: `bottle-` and 32 random characters of base62 (190 bits), safe in headers, URLs, JSON and forms as it is. */
export function createPlaceholder(): string {
  return `bottle-${Array.from({ length: 32 }, () => alphabet[randomInt(alphabet.length)]).join("")}`;
}
