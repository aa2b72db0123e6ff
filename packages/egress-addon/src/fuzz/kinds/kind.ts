import type { Random } from "../random.ts";
import type { World } from "../world.ts";

/** One input, and what the client heard of it. */
export type Kind = (options: { readonly world: World; readonly random: Random; readonly lane: number }) => Promise<Buffer>;

export const nothing = Buffer.alloc(0);
