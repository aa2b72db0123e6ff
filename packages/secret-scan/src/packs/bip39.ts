import { createHash } from "node:crypto";
import { bip39Words } from "./bip39-words.ts";
import type { Pack } from "./pack.ts";

const places: ReadonlyMap<string, number> = new Map(bip39Words.map((word, at) => [word, at]));
const lengths = [12, 15, 18, 21, 24];
const longest = 24;
// Between two words: a number, a mark, a quote, an escape.
const widestGap = 16;
// One phrase of twelve in sixteen is right by chance: more than so many wrong ones are no accident.
const mostTried = 2000;

/** Seed phrases of wallets: 12, 15, 18, 21 or 24 words of BIP-39's English list that end in their checksum. */
export const bip39Pack: Pack = {
  id: "bip39",
  find: (text, place) => place === "host" || !hasPhrase(text) ? [] : ["bip39-seed-phrase"],
};

function hasPhrase(text: string): boolean {
  let run: number[] = [];
  let end = 0;
  let tried = 0;
  for (const { 0: word, index } of text.matchAll(/[A-Za-z]+/g)) {
    const place = places.get(word.toLowerCase());
    if (place === undefined || index - end > widestGap) run = [];
    if (place !== undefined) run = [...run.slice(1 - longest), place];
    end = index + word.length;
    const phrases = lengths.filter((length) => run.length >= length).map((length) => run.slice(-length));
    tried += phrases.length;
    if (tried > mostTried || phrases.some(hasChecksum)) return true;
  }
  return false;
}

// Of each 33 bits one is the checksum's: the first bits of the SHA-256 of the others.
function hasChecksum(phrase: readonly number[]): boolean {
  const bits = phrase.map((place) => place.toString(2).padStart(11, "0")).join("");
  const checkBits = bits.length / 33;
  const entropy = Buffer.from((bits.slice(0, -checkBits).match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const digest = createHash("sha256").update(entropy).digest()[0] ?? 0;
  return digest.toString(2).padStart(8, "0").slice(0, checkBits) === bits.slice(-checkBits);
}
