import { lstat, readFile } from "node:fs/promises";
import { BottleError } from "@bottle/backend-core";
import { actsBeforeStart } from "@bottle/manifest";
import type { Docker } from "../engine/docker.ts";
import { hashContext, type ContextFile } from "./context.ts";
import { inspectImages, type EngineImage } from "./inspect.ts";
import { repositoryFor } from "./names.ts";
import { runBuild } from "./run-build.ts";

/** In a bottle's state directory, where nothing inside reaches: what an operator granted this bottle's image besides. */
export const ownDockerfile = "Dockerfile";

/** What a bottle's image is made from to which nothing was granted; whoever wants more adds to it. */
export const plainDockerfile = `# These two lines stay. What is added comes after them: USER root first where it is to be root's, as for apt-get.
ARG BASE
FROM \${BASE}
`;

// A Dockerfile is a page; what is larger was not read by whoever granted it.
const mostBytes = 65_536;

/**
 * The image of one bottle's agent: the common one, or, with a Dockerfile, what is built upon it of that file alone, under a
 * tag of its own (`bottle-agent:<12 hex>`); one that was built before is not built again.
 * @param options.dockerfile path of the Dockerfile, which need not be there
 * @param options.agent id of the common image
 * @returns the image's id
 * @throws BottleError `launch-failed` with the build's last lines, or with why what was built cannot be used
 */
export async function agentImage(docker: Docker, { dockerfile, agent, signal }: { readonly dockerfile: string; readonly agent: string; readonly signal?: AbortSignal | undefined }): Promise<string> {
  const text = await readGranted(dockerfile);
  if (text === undefined) return agent;
  const files: readonly ContextFile[] = [{ path: "Dockerfile", mode: 0o644, text }];
  const name = `${repositoryFor("agent")}:${await hashContext(files, { BASE: agent })}`;
  const [known] = await inspectImages(docker, [name], signal);
  if (!known) await build(docker, { name, files, agent, dockerfile, signal });
  const [common, own] = await Promise.all([inspectImages(docker, [agent], signal), inspectImages(docker, [name], signal)]);
  if (!own[0] || !common[0]) throw refused(dockerfile, "the engine does not have it");
  requireUpon(own[0], common[0], dockerfile);
  return own[0].id;
}

/** The text of the file; undefined if it is not there. @throws BottleError `launch-failed` for what is no file, or more than a page */
export async function readGranted(path: string): Promise<string | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return undefined;
  if (!stats.isFile() || stats.size > mostBytes) throw refused(path, `it is ${stats.isFile() ? `larger than ${mostBytes} bytes` : "not a file"}`);
  return readFile(path, "utf8");
}

async function build(docker: Docker, { name, files, agent, dockerfile, signal }: {
  readonly name: string; readonly files: readonly ContextFile[]; readonly agent: string; readonly dockerfile: string; readonly signal: AbortSignal | undefined;
}): Promise<void> {
  try {
    await runBuild(docker, { name, args: ["--tag", name, "--build-arg", `BASE=${agent}`], files, onProgress: () => undefined, signal });
  } catch (error) {
    if (!(error instanceof BottleError)) throw error;
    throw new BottleError("launch-failed", `The bottle's own image, of ${dockerfile}: ${error.message}`, { mend: "Mend that file, or remove it: the bottle then starts from the common image.", cause: error });
  }
}

/** The agent's programs and bottle's own are in the common image; another one's perl would be believed in the self-check. */
function requireUpon(own: EngineImage, common: EngineImage, dockerfile: string): void {
  if (!common.layers.every((layer, index) => own.layers[index] === layer)) throw refused(dockerfile, "it is not built upon bottle's image (`ARG BASE`, then `FROM ${BASE}`)");
  const names = own.env.filter((line) => !common.env.includes(line)).map((line) => line.slice(0, line.indexOf("=")));
  const name = names.find((each) => actsBeforeStart(each) !== undefined);
  if (name !== undefined) throw refused(dockerfile, `it sets ${name}, which would steer bottle's own programs inside`);
}

function refused(dockerfile: string, reason: string): BottleError {
  return new BottleError("launch-failed", `The bottle's own image, of ${dockerfile}, cannot be used: ${reason}.`, { mend: "Mend that file, or remove it: the bottle then starts from the common image." });
}
