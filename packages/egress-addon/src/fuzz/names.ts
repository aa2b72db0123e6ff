/** What the fuzzed proxy's hosts are for: all but `evil` have a route, and `allowed` and `socket` a credential. */
export const hosts = { allowed: "allowed.fuzz.test", plain: "plain.fuzz.test", socket: "socket.fuzz.test", evil: "evil.fuzz.test" } as const;
/** The credential, which no client may see. */
export const credential = "fuzz-credential-7Zq9Xw2LkV";
/** A value that no upstream may see. */
export const knownValue = "fuzz-known-4Tn8Rb6YcPs1";
/** How many inputs are under way at once; each has its own scripted upstreams. */
export const lanes = 8;
export const scripted = {
  answers: (lane: number): string => `odd-${lane}.fuzz.test`,
  sessions: (lane: number): string => `h2-${lane}.fuzz.test`,
  hop: (lane: number): string => `hop-${lane}.fuzz.test`,
} as const;
