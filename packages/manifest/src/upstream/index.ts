export { parseUpstream, upstreamKey, type UpstreamAddress } from "./address.ts";
export { spellingsOf } from "./spellings.ts";
