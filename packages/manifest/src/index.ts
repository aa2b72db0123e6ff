export type {
  AgentManifest, BackendChoice, BottleManifest, EgressDeclaration, EnvDeclaration, GitDeclaration, Isolation, Limits,
  ListenAddress, PrivateAllowance, Problem, Route, RouteAuth, SecretValue, SidecarsConfig, WorkspaceMode,
} from "./model.ts";
