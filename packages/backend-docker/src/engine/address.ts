import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";

/** Where docker finds its engine if nothing names another. */
const defaultAddress = "unix:///var/run/docker.sock";

/** What is read of docker's settings. */
export interface DockerSettings {
  readonly currentContext?: string;
  readonly cliPluginsExtraDirs?: readonly string[];
}

/** Docker's settings, by hand, since a start waits for them; nothing where there are none that can be read, as docker has it. */
export async function readSettings(env: Readonly<Record<string, string | undefined>>): Promise<DockerSettings> {
  const read = await readFile(join(settingsOf(env), "config.json"), "utf8").then(JSON.parse).catch(() => undefined) as unknown;
  if (typeof read !== "object" || read === null) return {};
  const { currentContext, cliPluginsExtraDirs } = read as Readonly<Record<string, unknown>>;
  return {
    ...(typeof currentContext === "string" && { currentContext }),
    ...(Array.isArray(cliPluginsExtraDirs) && { cliPluginsExtraDirs: cliPluginsExtraDirs.filter((folder) => typeof folder === "string" && isAbsolute(folder)) }),
  };
}

/** The folder of docker's settings and of the operator's plugins. */
export function settingsOf(env: Readonly<Record<string, string | undefined>>): string {
  return env["DOCKER_CONFIG"] || join(env["HOME"] || "/", ".docker");
}

/**
 * The engine's address where it can be told without asking docker: DOCKER_HOST goes before every context (docker/cli,
 * resolveContextName), and the context "default" is the local socket. Undefined for every other context.
 */
export async function plainAddress(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  if (env["DOCKER_HOST"]) return env["DOCKER_HOST"];
  // With these, docker takes the default context for a port of this machine (docker/cli, opts.ParseHost).
  if (env["DOCKER_TLS"] || env["DOCKER_TLS_VERIFY"]) return undefined;
  const context = env["DOCKER_CONTEXT"] || (await readSettings(env)).currentContext || "default";
  return context === "default" ? defaultAddress : undefined;
}
