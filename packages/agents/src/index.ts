export { askingInstructions, askingSkill, superviseServer, withAsking } from "./asking.ts";
export { agentRoutes, placeholderEnv } from "./credentials.ts";
export { AgentsError, type AgentsErrorCode } from "./errors.ts";
export { installProgram } from "./install/install.ts";
export type { CommandResult, CommandRunner, InstallOptions } from "./install/install.ts";
export { insideProgramsPath, installPlan } from "./install/plan.ts";
export type { InstallPlace, InstallPlan } from "./install/plan.ts";
export { agentKind, agentKinds } from "./kinds.ts";
export type {
  AgentAuth, AgentCredential, AgentHost, AgentKind, AgentPackage, AgentRoute, ArgvRequest,
  HomeFile, HomeRequest, McpServer, Target,
} from "./model.ts";
