export { createTokenSources, type TokenLookup, type TokenWorld } from "./create-token-sources.ts";
export type { TokenSource } from "./model.ts";
