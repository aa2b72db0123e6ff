export { createIssuer, mintAuthority, type Authority, type Leaf } from "./authority/authority.ts";
export { EgressError, type EgressErrorCode } from "./errors.ts";
export type { EgressAuth, EgressEvent, EgressOptions, EgressPolicy, EgressProxy, EgressRoute, ListenAddress, PrivateAllowance } from "./model.ts";
export { compilePolicy, type CompiledPolicy, type CompiledRoute } from "./policy/compile.ts";
export { decide, type Decision, type DecisionRequest, type DenyReason } from "./policy/decide.ts";
export { startEgressProxy } from "./proxy.ts";
