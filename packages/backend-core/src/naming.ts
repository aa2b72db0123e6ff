// What names and starts a bottle's processes, apart from the rest, for callers that have to be quick.
export { BottleError } from "./errors.ts";
export { createIdentity, isIdentity } from "./identity.ts";
export { ownerLabel } from "./label.ts";
export { hostPath, start } from "./process/start.ts";
