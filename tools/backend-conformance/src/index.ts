export { order } from "./order.ts";
export { allowedHost, otherHost, realToken, run, startRig, type Rig } from "./rig.ts";
export { describeBackend, type ConformanceSetup } from "./suite.ts";
