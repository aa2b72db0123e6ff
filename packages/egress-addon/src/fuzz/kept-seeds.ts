const forgottenAnswer = "a request whose answer was not in its turn yet when a CONNECT took its connection, which was neither ended nor recorded";
const splitLength = "a WebSocket frame whose 64-bit length was the beginning of the credential";

/** Inputs that once found something, and what it was. The first ones did so together. */
export const keptSeeds: readonly (readonly [number, string])[] = [
  ...[2027808485, 1401181200, 2323661743, 683130216, 1070407173, 3098215657, 4112119899, 3485492614, 978983474, 3633419243, 352356189].map((seed) => [seed, splitLength] as const),
  [3675845949, forgottenAnswer],
];
