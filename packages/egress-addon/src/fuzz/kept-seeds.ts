/** Inputs that once found something, and what it was. */
export const keptSeeds: readonly (readonly [number, string])[] = [
];
