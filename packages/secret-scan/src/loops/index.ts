import type { Loops } from "./loops.ts";
import { plainLoops } from "./plain.ts";
import { createVectorLoops } from "./vector.ts";

export { blockBytes, type Filter, lowered, markBytes, slotBits, slotOf } from "./loops.ts";

/** The fastest that there are. */
export const loops: Loops = createVectorLoops() ?? plainLoops;
