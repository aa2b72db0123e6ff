import * as v from "valibot";
import { BottleError } from "@bottle/backend-core";
import { EngineError } from "../engine/api.ts";
import { lastLine, type Docker } from "../engine/docker.ts";
import { noAnswer } from "../host/explain-silence.ts";

/** An image as the engine has it. */
export interface EngineImage {
  /** `sha256:…`. */
  readonly id: string;
  /** Its names, `repository:tag`. */
  readonly names: readonly string[];
  /** `repository@sha256:…`, where it came from a registry. */
  readonly digests: readonly string[];
  readonly created: string;
  readonly sizeBytes: number;
  readonly labels: Readonly<Record<string, string>>;
  /** `NAME=value`. */
  readonly env: readonly string[];
  /** Digests of its layers, from the bottom. */
  readonly layers: readonly string[];
}

const inspected = v.array(v.object({
  Id: v.string(),
  RepoTags: v.nullish(v.array(v.string()), []),
  RepoDigests: v.nullish(v.array(v.string()), []),
  Created: v.string(),
  Size: v.number(),
  Config: v.nullish(v.object({ Labels: v.nullish(v.record(v.string(), v.string()), {}), Env: v.nullish(v.array(v.string()), []) })),
  RootFS: v.nullish(v.object({ Layers: v.nullish(v.array(v.string()), []) })),
}));

/** What the engine says of images by name or id, without those it does not have. @throws BottleError `backend-unavailable` */
export async function inspectImages(docker: Docker, names: readonly string[], signal?: AbortSignal): Promise<readonly EngineImage[]> {
  if (names.length === 0) return [];
  const answers = await Promise.all(names.map((name) => docker.api.get(`/images/${name}/json`, { signal }))).catch((error: unknown) => {
    throw error instanceof EngineError ? engineFailed("The engine's images cannot be seen", { exitCode: 1, stderr: error.message }) : error;
  });
  return parseImages(answers.filter((answer) => answer !== undefined));
}

/** Reads what the engine says of images (ImageInspect). @throws BottleError `backend-unavailable` */
export function parseImages(answers: readonly unknown[]): readonly EngineImage[] {
  const parsed = v.safeParse(inspected, answers);
  if (!parsed.success) throw engineFailed("The engine described its images in a way that is not understood", { exitCode: 0, stderr: parsed.issues[0].message });
  return parsed.output.map(({ Id, RepoTags, RepoDigests, Created, Size, Config, RootFS }) => ({
    id: Id, names: RepoTags ?? [], digests: RepoDigests ?? [], created: Created, sizeBytes: Size, labels: Config?.Labels ?? {},
    env: Config?.Env ?? [], layers: RootFS?.Layers ?? [],
  }));
}

// What a process that could not be started at all is given as its status.
const notFound = 127;

/** What is said when the engine does not do as asked. */
export function engineFailed(what: string, { exitCode, stderr }: { readonly exitCode: number; readonly stderr: string }): BottleError {
  const said = lastLine(stderr);
  const silence = noAnswer(said);
  if (silence) return new BottleError("backend-unavailable", `${what}: ${silence.reason}`, { mend: silence.mend });
  if (said !== "" || exitCode !== notFound) return new BottleError("backend-unavailable", `${what}: ${said || `docker ended with ${exitCode}`}`, { mend: "Is the engine running, and may you use it? `docker version` says." });
  return new BottleError("backend-unavailable", `${what}: the program \`docker\` is not on this machine.`, { mend: "Install Docker; on Debian: apt-get install docker.io docker-compose" });
}
