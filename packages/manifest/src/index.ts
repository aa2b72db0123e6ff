export type {
  AgentManifest, BackendChoice, BottleManifest, EgressDeclaration, EnvDeclaration, GitDeclaration, GitIdentity, Isolation, Limits,
  ListenAddress, ManifestSource, Place, PrivateAllowance, Problem, RenewableTokens, Route, RouteAuth, SecretValue, SidecarsConfig, TokenReading, TokenSource, UpstreamProxy, WorkspaceMode,
} from "./model.ts";
export type {
  AuditEvent, AuditRecord, CheckpointEvent, ControlEvent, GitEvent, GitFinding, GrantEvent, LifecycleEvent, NetworkEvent, ProposalEvent, RefChange,
} from "./audit/event.ts";
export { checkAuditChain, type AuditChainResult } from "./audit/chain.ts";
export { auditStart, formatAuditLine, parseAuditLine } from "./audit/line.ts";
export type { AuditFault, AuditProof, AuditVerifier, AuditVerifierOptions } from "./audit/verify.ts";
export type { AuditHead, WitnessEntry } from "./audit/witness.ts";
export type { Ask, AskedPush, AskedRoute, Grant, Lifetime, Proposal, ProposalDecision, ProposalState } from "./proposals/model.ts";
export { addRoute, type BottleFile } from "./edit/add-route.ts";
export { parseRouteText } from "./proposals/parse-route-text.ts";
export { routeLines } from "./proposals/route-text.ts";
export { ManifestError, type ManifestErrorCode } from "./errors.ts";
export { secretValue } from "./secret-value.ts";
export { formatMetadata, parseMetadata, type Metadata } from "./state/metadata.ts";
export { formatProblems, type FormatProblemsOptions } from "./format-problems.ts";
export { parseAgent, type AgentFile } from "./parse/parse-agent.ts";
export { parseBottle, type Parsed } from "./parse/parse-bottle.ts";
export type { ManifestFile } from "./parse/read-manifest.ts";
export { tokenSources } from "./resolve/credentials.ts";
export { resolveEnv, secretNames, type ResolvedEnv } from "./resolve/env.ts";
export { mergeManifests, type Manifests } from "./resolve/merge.ts";
export { problemAt, type ManifestPath } from "./resolve/problem-at.ts";
export { resolve, type Resolved } from "./resolve/resolve.ts";
export type { Fault } from "./rules/fault.ts";
export { gitEmailFault, gitNameFault } from "./rules/git-identity.ts";
export { actsBeforeStart } from "./rules/env-name.ts";
export { agentJsonSchema, auditJsonSchema, bottleJsonSchema, type JsonSchema } from "./schema/json-schema.ts";
export { parseSidecarsConfig } from "./state/sidecars-config.ts";
export { formatSnapshot, parseSnapshot } from "./state/snapshot.ts";
