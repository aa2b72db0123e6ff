import type { Seeded } from "./seeded.ts";

/** A made-up secret of one kind, and texts that look like it and are none. */
export interface Example {
  make(random: Seeded): string;
  near(random: Seeded): readonly string[];
}

/** A prefix and so many random characters (`least` of them at least). Near: fewer, none of them random, another prefix. */
export function token(prefix: string, alphabet: string, length: number, least: number = length): Example {
  return {
    make: (random) => `${prefix}${random.text(alphabet, length)}`,
    near: (random) => [`${prefix}${random.text(alphabet, least - 1)}`, `${prefix}${"0".repeat(length)}`, `_${prefix.slice(1)}${random.text(alphabet, length)}`],
  };
}

/** What stands between two marks in a text, random in between; near: the same without one of them. */
export function written(make: (random: Seeded) => string, ...near: readonly ((random: Seeded) => string)[]): Example {
  return { make, near: (random) => near.map((one) => one(random)) };
}
