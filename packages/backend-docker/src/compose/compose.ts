import { constants } from "node:fs";
import { access, open } from "node:fs/promises";
import { join } from "node:path";
import { BottleError, hostPath } from "@bottle/backend-core";
import type { Docker, DockerResult } from "../engine/docker.ts";
import { explainCompose } from "./explain.ts";
import type { ComposeFile } from "./file.ts";
import { composeText, withSecrets } from "./render.ts";
import type { WaitingCompose } from "./prestart.ts";

/** The compose this host has. */
export interface Compose {
  readonly docker: Docker;
  readonly major: 1 | 2;
  /** As it says itself. */
  readonly version: string;
  /** What its command lines start with. */
  readonly command: readonly string[];
  /** Version 1 knows DOCKER_HOST, but no context of docker's. */
  readonly env: Readonly<Record<string, string>>;
}

/** Options of `composeUp`. */
export interface ComposeUpOptions {
  readonly file: ComposeFile;
  readonly project: string;
  /** The images in the file: they must be there, since nothing is ever pulled. */
  readonly images: readonly string[];
  /** Values of the agent's secret variables, by their names inside. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A folder of docker settings without anything in them, for version 1. */
  readonly settings: string;
  /** One that was started ahead; it is used if it is for the same project on the same engine. */
  readonly waiting?: WaitingCompose | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is known of an engine before compose is looked for. */
export interface KnownEngine {
  /** Version of the compose plugin; absent if there is none. */
  readonly plugin?: string | undefined;
  /** Where `docker` finds the engine, as in DOCKER_HOST. */
  readonly address?: string | undefined;
}

const composeMend = "Install the compose plugin (package docker-compose-plugin, or docker-compose on Debian).";

/**
 * The compose plugin (v2), or `docker-compose` (v1).
 * @param known what `docker info` has told already; asked for if absent
 * @throws BottleError `backend-unavailable`
 */
export async function findCompose(docker: Docker, known?: KnownEngine): Promise<Compose> {
  const { plugin, address } = known ?? await ask(docker);
  if (plugin !== undefined) return { docker, major: 2, version: plugin, command: ["docker", "compose"], env: {} };
  const path = await findProgram("docker-compose");
  if (path === undefined) throw new BottleError("backend-unavailable", "docker cannot run here: there is no docker compose.", { mend: composeMend });
  // Only version 1 is a script; it is slow to start, and so it is not asked for its number. Version 2 is a program on some systems.
  if (await isScript(path)) return { docker, major: 1, version: "1", command: ["docker-compose"], env: address === undefined ? {} : { DOCKER_HOST: address } };
  const { stdout } = await docker.program(["docker-compose", "version", "--short"]);
  return { docker, major: 2, version: Buffer.from(stdout).toString().trim(), command: ["docker-compose"], env: {} };
}

/** The `docker-compose` of version 1, which alone is a script. */
export async function findVersion1(): Promise<Pick<Compose, "major" | "command"> | undefined> {
  const path = await findProgram("docker-compose");
  return path !== undefined && await isScript(path) ? { major: 1, command: ["docker-compose"] } : undefined;
}

/**
 * Makes and starts a project's networks, volumes and containers. What had been made when it failed stays, for the caller
 * to remove by label. The project, with the values of its secrets, goes over compose's standard input.
 * @throws BottleError `spec-invalid` for a value with a line break, naming its variable; `backend-unavailable` if the engine
 * is gone or an image missing; `launch-failed` with what compose said
 */
export async function composeUp(compose: Compose, { file, project, images, secrets, settings, waiting, signal }: ComposeUpOptions): Promise<void> {
  for (const [name, value] of Object.entries(secrets)) requireOneLine(name, value);
  // Version 1 knows no `--pull never`, and would ask a registry.
  if (compose.major === 1) await requireImages(compose.docker, images, signal);
  const call = upCall(compose, { project, settings });
  const { exitCode, stdout, stderr } = await compose.docker.program(call.command, { env: call.env, input: composeText(withSecrets(file, secrets)), waiting: waiting?.take(call), signal });
  if (exitCode !== 0) throw explainCompose(`${Buffer.from(stdout).toString()}\n${stderr}`, Object.values(secrets));
}

/** A call of compose: its command line and its variables. */
export interface ComposeCall {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The call that brings a project up whose file comes over standard input. Version 1 adds the `proxies` of the operator's
 * docker settings to what is set in the file, where version 2 puts what is set in their place; both would be told by
 * `docker inspect`. Version 1 pulls nothing and so needs no login: it is given settings without anything in them.
 */
export function upCall({ major, command, env }: Pick<Compose, "major" | "command" | "env">, { project, settings }: { readonly project: string; readonly settings: string }): ComposeCall {
  return {
    // The project's directory is where a `.env` is read: in `/`, nobody but root puts one there.
    command: [
      ...(major === 1 ? ["env", `DOCKER_CONFIG=${settings}`] : []), ...command,
      "--project-directory", "/", "--project-name", project, "--file", "-", "up", "--detach", "--no-build", ...(major === 2 ? ["--pull", "never", "--quiet-pull"] : []),
    ],
    env: { ...env, COMPOSE_INTERACTIVE_NO_CLI: "1" },
  };
}

async function ask(docker: Docker): Promise<KnownEngine> {
  const [plugin, address] = await Promise.all([docker.run(["compose", "version", "--short"]), docker.run(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])]);
  const said = ({ exitCode, stdout }: DockerResult): string | undefined => exitCode === 0 ? Buffer.from(stdout).toString().trim() || undefined : undefined;
  return { plugin: said(plugin), address: said(address) };
}

async function requireImages(docker: Docker, images: readonly string[], signal?: AbortSignal): Promise<void> {
  const { exitCode, stderr } = await docker.run(["image", "inspect", "--format", "{{.Id}}", ...new Set(images)], { signal });
  if (exitCode !== 0) throw explainCompose(stderr, []);
}

function requireOneLine(name: string, value: string): void {
  if (!/[\0\r\n]/.test(value)) return;
  throw new BottleError("spec-invalid", `The value of ${name} has a line break or a NUL, which a container's environment cannot be given.`, {
    mend: `Encode it, in base64 for example, or let the agent read it from a file instead of ${name}.`,
  });
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of hostPath.split(":")) {
    const path = join(folder, name);
    if (await access(path, constants.X_OK).then(() => true, () => false)) return path;
  }
  return undefined;
}

async function isScript(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return buffer.toString("latin1") === "#!";
}
