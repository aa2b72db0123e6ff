export { createIssuer, mintAuthority, type Authority, type Leaf } from "./first/authority/authority.ts";
export { EgressError, type EgressErrorCode } from "./first/errors.ts";
export type { EgressAuth, EgressEvent, EgressOptions, EgressPolicy, EgressProxy, EgressRoute, ListenAddress, PrivateAllowance } from "./first/model.ts";
export { compilePolicy, type CompiledPolicy, type CompiledRoute } from "./first/policy/compile.ts";
export { decide, type Decision, type DecisionRequest, type DenyReason } from "./first/policy/decide.ts";
export { startEgressProxy } from "./first/proxy.ts";
