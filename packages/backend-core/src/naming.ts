// What names a bottle and its processes, apart from the rest, for callers that have to be quick.
export { createIdentity, isIdentity } from "./identity.ts";
export { ownerLabel } from "./label.ts";
