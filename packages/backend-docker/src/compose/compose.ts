import { BottleError } from "@bottle/backend-core";
import type { Docker } from "../engine/docker.ts";
import { explainCompose } from "./explain.ts";
import { secretVariable } from "./render.ts";

/** The compose this host has. */
export interface Compose {
  readonly docker: Docker;
  readonly major: 1 | 2;
  /** As it says itself. */
  readonly version: string;
  /** What its command lines start with. */
  readonly command: readonly string[];
  /** What it needs to find the engine that `docker` finds by itself. */
  readonly env: Readonly<Record<string, string>>;
}

/** Options of `composeUp`. */
export interface ComposeUpOptions {
  /** Path of the compose file. */
  readonly file: string;
  readonly project: string;
  /** The images in the file: they must be there, since nothing is ever pulled. */
  readonly images: readonly string[];
  /** Values of the agent's secret variables, by their names inside. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The compose plugin (v2), or `docker-compose` (v1).
 * @throws BottleError `backend-unavailable`
 */
export async function findCompose(docker: Docker): Promise<Compose> {
  const [plugin, program] = await Promise.all([docker.run(["compose", "version", "--short"]), docker.program(["docker-compose", "version", "--short"])]);
  const text = (stdout: Uint8Array): string => Buffer.from(stdout).toString().trim();
  if (plugin.exitCode === 0) return { docker, major: 2, version: text(plugin.stdout), command: ["docker", "compose"], env: {} };
  if (program.exitCode === 0) {
    const version = text(program.stdout);
    // `docker-compose` is v2 as a program of its own on some systems; only v1, in Python, has no contexts but those of its own.
    if (!version.replace(/^v/, "").startsWith("1.")) return { docker, major: 2, version, command: ["docker-compose"], env: {} };
    return { docker, major: 1, version, command: ["docker-compose"], env: await engineAddress(docker) };
  }
  throw new BottleError("backend-unavailable", "docker cannot run here: there is no docker compose.", { mend: composeMend });
}

/** How to get compose. */
export const composeMend = "Install the compose plugin (package docker-compose-plugin, or docker-compose on Debian).";

/**
 * Makes and starts a project's networks, volumes and containers. What had been made when it failed stays, for the caller
 * to remove by label. Values of secrets are in the environment of the one call, under names that mean nothing to compose.
 * @throws BottleError `spec-invalid` for a value with a line break, naming its variable; `backend-unavailable` if the engine
 * is gone or an image missing; `launch-failed` with what compose said
 */
export async function composeUp(compose: Compose, { file, project, images, env, signal }: ComposeUpOptions): Promise<void> {
  const secrets = Object.fromEntries(Object.entries(env).map(([name, value]) => [secretVariable(name), oneLine(name, value)]));
  // Version 1 knows no `--pull never`, and would ask a registry.
  if (compose.major === 1) await requireImages(compose.docker, images, signal);
  // The project's directory is where a `.env` is read: in `/`, nobody but root puts one there.
  const argv = [...compose.command, "--project-directory", "/", "--project-name", project, "--file", file, "up", "--detach", "--no-build", ...(compose.major === 2 ? ["--pull", "never", "--quiet-pull"] : [])];
  const { exitCode, stdout, stderr } = await compose.docker.program(argv, { env: { ...compose.env, COMPOSE_INTERACTIVE_NO_CLI: "1", ...secrets }, signal });
  if (exitCode !== 0) throw explainCompose(`${Buffer.from(stdout).toString()}\n${stderr}`, Object.values(env));
}

/** Version 1 knows DOCKER_HOST, but neither DOCKER_CONTEXT nor the TLS material of a context. */
async function engineAddress(docker: Docker): Promise<Readonly<Record<string, string>>> {
  const { exitCode, stdout } = await docker.run(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
  const address = Buffer.from(stdout).toString().trim();
  return exitCode === 0 && address !== "" ? { DOCKER_HOST: address } : {};
}

async function requireImages(docker: Docker, images: readonly string[], signal?: AbortSignal): Promise<void> {
  const { exitCode, stderr } = await docker.run(["image", "inspect", "--format", "{{.Id}}", ...new Set(images)], { signal });
  if (exitCode !== 0) throw explainCompose(stderr, []);
}

function oneLine(name: string, value: string): string {
  if (!/[\0\r\n]/.test(value)) return value;
  throw new BottleError("spec-invalid", `The value of ${name} has a line break or a NUL, which a container's environment cannot be given.`, {
    mend: `Encode it, in base64 for example, or let the agent read it from a file instead of ${name}.`,
  });
}
