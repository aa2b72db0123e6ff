export { createAgentHome, type AgentHome } from "./agent-home.ts";
export { installedProgram, testProgramsDirectory, thisMachine, type InstalledProgram } from "./installed-program.ts";
export { runAgent, startOnTerminal, type AgentResult, type AgentRun, type TerminalRun } from "./run-agent.ts";
