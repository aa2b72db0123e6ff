import { BottleError } from "@bottle/backend-core";
import * as v from "valibot";
import { EngineError } from "../engine/api.ts";
import type { Docker } from "../engine/docker.ts";
import { upCall } from "./call.ts";
import { explainCompose } from "./explain.ts";
import type { ComposeFile } from "./file.ts";
import { findComposeProgram, type ComposeProgram } from "./find.ts";
import { composeText, withSecrets } from "./render.ts";
import type { WaitingCompose } from "./prestart.ts";

/** The compose this host has. */
export interface Compose extends Pick<ComposeProgram, "major" | "command"> {
  readonly docker: Docker;
  /** As it says itself; of one that was not asked, its major number. */
  readonly version: string;
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

const composeMend = "Install the compose plugin (package docker-compose-plugin, or docker-compose on Debian).";

/**
 * The compose plugin (v2), or `docker-compose` (v1).
 * @param options.isStarted whether it runs already and so is not asked for its version, which would be another process beside it
 * @throws BottleError `backend-unavailable`; EngineError for a context that does not exist
 */
export async function findCompose(docker: Docker, { isStarted = false }: { readonly isStarted?: boolean } = {}): Promise<Compose> {
  const program = await findComposeProgram(docker.operatorEnv);
  if (program === undefined) throw new BottleError("backend-unavailable", "docker cannot run here: there is no docker compose.", { mend: composeMend });
  const { major, command } = program;
  const version = isStarted ? String(major) : await versionOf(docker, program);
  return { docker, major, command, version, env: major === 1 ? { DOCKER_HOST: await docker.address() } : {} };
}

const bareVersion = v.pipe(v.string(), v.minLength(1), v.transform((Version) => ({ Version })));
const metadata = v.pipe(v.string(), v.parseJson(), v.object({ Version: v.string() }));

async function versionOf(docker: Docker, { major, path, isPlugin }: ComposeProgram): Promise<string> {
  // It is slow to start, and so it is not asked for its number.
  if (major === 1) return "1";
  const { exitCode, stdout } = await docker.program(isPlugin ? [path, "docker-cli-plugin-metadata"] : [path, "version", "--short"]);
  const parsed = v.safeParse(isPlugin ? metadata : bareVersion, Buffer.from(stdout).toString().trim());
  if (exitCode === 0 && parsed.success) return parsed.output.Version;
  throw new BottleError("backend-unavailable", `docker cannot run here: the docker compose at ${path} does not work.`, { mend: `Mend or remove it. ${composeMend}` });
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
  if (exitCode === 0) return;
  // One that has not been asked for its version may not work at all, which is told in other words.
  await findCompose(compose.docker);
  throw explainCompose(`${Buffer.from(stdout).toString()}\n${stderr}`, Object.values(secrets));
}

async function requireImages(docker: Docker, images: readonly string[], signal?: AbortSignal): Promise<void> {
  await Promise.all([...new Set(images)].map(async (image) => {
    const found = await docker.api.get(`/images/${image}/json`, { signal }).catch((error: unknown) => Promise.reject(error instanceof EngineError ? explainCompose(error.message, []) : error));
    if (found === undefined) throw explainCompose(`No such image: ${image}`, []);
  }));
}

function requireOneLine(name: string, value: string): void {
  if (!/[\0\r\n]/.test(value)) return;
  throw new BottleError("spec-invalid", `The value of ${name} has a line break or a NUL, which a container's environment cannot be given.`, {
    mend: `Encode it, in base64 for example, or let the agent read it from a file instead of ${name}.`,
  });
}
