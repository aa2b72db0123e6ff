export { type PipelockConfig, renderPipelockConfig } from "./config.ts";
export type { ChildEnd } from "./child.ts";
export { type PipelockListeners, type PipelockRules, preparePipelockDirectory, type RenderedRules, renderRules, writeRules } from "./files.ts";
export { describeUnscanned, type PassthroughHost, type PipelockHosts, pipelockHosts } from "./hosts.ts";
export { type PipelockLogEntry, readLogLine } from "./log.ts";
export { type Pipelock, type PipelockOptions, startPipelock } from "./start.ts";
export { servePipelock } from "./serve.ts";
