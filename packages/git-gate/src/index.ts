export { GateError, type GateErrorCode } from "./errors.ts";
export type { GitleaksOptions, GitleaksState } from "./gitleaks/find-gitleaks.ts";
export type { GateEvent, GateLimits, GateRepository, GitGate, GitGateOptions, HeldPush, HeldPushes, ReachOptions } from "./options.ts";
export type { PushFinding } from "./scan/finding.ts";
export { startGitGate } from "./start.ts";
