import * as v from "valibot";
import { BottleError } from "@bottle/backend-core";
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
  const result = await docker.run(["image", "inspect", ...names], { signal });
  // One that is missing fails the whole call, and the others are told all the same.
  if (result.exitCode !== 0 && !/no such (image|object)|not known|not found/i.test(result.stderr)) throw engineFailed("The engine's images cannot be seen", result);
  return parseImages(Buffer.from(result.stdout).toString());
}

/** Reads what `docker image inspect` prints. @throws BottleError `backend-unavailable` */
export function parseImages(text: string): readonly EngineImage[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), inspected), text.trim() === "" ? "[]" : text);
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
