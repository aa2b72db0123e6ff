export { parseUpstream, upstreamKey, type UpstreamAddress } from "./address.ts";
export { rewriteOf } from "./rewrite.ts";
