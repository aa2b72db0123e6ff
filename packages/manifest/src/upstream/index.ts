export { parseUpstream, upstreamKey, type UpstreamAddress } from "./address.ts";
export { rewriteOf, spellingsOf } from "./spellings.ts";
