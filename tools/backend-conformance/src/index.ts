export { describeBackend, type ConformanceSetup } from "./suite.ts";
