import type { Random } from "./random.ts";

const edges = [0, 1, 0x0a, 0x0d, 0x20, 0x7f, 0x80, 0xff] as const;

type Mutation = (bytes: Buffer, random: Random, tokens: readonly Buffer[]) => Buffer;

const splice = (bytes: Buffer, at: number, removed: number, ...put: readonly Buffer[]): Buffer => Buffer.concat([bytes.subarray(0, at), ...put,
  bytes.subarray(at + removed)]);
const place = (bytes: Buffer, random: Random): number => random.below(bytes.length + 1);

const mutations: readonly [Mutation, ...Mutation[]] = [
  (bytes, random) => splice(bytes, place(bytes, random), 1, Buffer.from([random.pick(edges)])),
  (bytes, random) => splice(bytes, place(bytes, random), 1, random.bytes(1)),
  (bytes, random) => splice(bytes, place(bytes, random), 0, random.bytes(1 + random.below(8))),
  (bytes, random) => splice(bytes, place(bytes, random), 1 + random.below(8)),
  (bytes, random, tokens) => splice(bytes, place(bytes, random), 0, tokens[random.below(tokens.length)] ?? Buffer.alloc(0)),
  (bytes, random, tokens) => {
    const token = tokens[random.below(tokens.length)] ?? Buffer.alloc(0);
    return splice(bytes, place(bytes, random), token.length, token);
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return splice(bytes, at, 0, bytes.subarray(at, at + random.below(64)));
  },
  (bytes, random) => splice(bytes, place(bytes, random), 0, bytes.subarray(place(bytes, random)).subarray(0, 64)),
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  (bytes, random) => {
    const at = bytes.indexOf("\r\n", place(bytes, random));
    return at === -1 ? bytes : splice(bytes, at, 2, Buffer.from(random.pick(["\n", "\r", "\r\r\n", "\r\n ", ""])));
  },
];

/** Changes bytes in up to `most` places, and sometimes in none. */
export function mutate(bytes: Buffer, options: { readonly random: Random; readonly tokens: readonly Buffer[]; readonly most?: number }): Buffer {
  const { random, tokens, most = 4 } = options;
  let changed = bytes;
  for (let left = random.below(most + 1); left > 0; left -= 1) changed = random.pick(mutations)(changed, random, tokens);
  return changed;
}

/** The same bytes in pieces. */
export function cut(bytes: Buffer, random: Random): readonly Buffer[] {
  if (random.chance(0.5)) return [bytes];
  const at = Array.from({ length: random.below(5) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length)).filter(({ length }) => length > 0);
}
