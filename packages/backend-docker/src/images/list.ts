import type { Docker } from "../engine/docker.ts";
import { engineFailed, inspectImages, type EngineImage } from "./inspect.ts";
import { isCurrent } from "./find.ts";
import { imageLabels, repositoryFor, splitName, type ImageKind } from "./names.ts";

/** An image of bottle's in an engine. */
export interface ListedImage {
  readonly kind: ImageKind;
  readonly id: string;
  /** Its names of ours; others it may bear as well are in `foreignNames`. */
  readonly names: readonly string[];
  readonly foreignNames: readonly string[];
  /** ISO 8601. */
  readonly created: string;
  readonly sizeBytes: number;
  /** Digest or id of what it was built upon. */
  readonly base?: string;
  /** Whether a start takes it. */
  readonly isCurrent: boolean;
  /** Containers made from it, running or not. */
  readonly containers: readonly string[];
}

/** The images of ours that the engine has, newest first. @throws BottleError `backend-unavailable` */
export async function listImages(docker: Docker, signal?: AbortSignal): Promise<readonly ListedImage[]> {
  const listed = await docker.run(["image", "ls", "--quiet", "--no-trunc", "--filter", `label=${imageLabels.kind}`], { signal });
  if (listed.exitCode !== 0) throw engineFailed("The engine's images cannot be listed", listed);
  const ids = [...new Set(lines(listed.stdout))];
  const [images, usage] = await Promise.all([inspectImages(docker, ids, signal), containersByImage(docker, signal)]);
  return images.flatMap((image) => describeImage(image, usage.get(image.id) ?? []) ?? [])
    .toSorted((one, other) => other.created.localeCompare(one.created));
}

/**
 * An image of the engine as one of ours; undefined if it is not. An image somebody builds upon ours inherits its labels, so
 * it must bear a name of our repositories as well.
 */
export function describeImage(image: EngineImage, containers: readonly string[]): ListedImage | undefined {
  const kind = (["agent", "sidecars", "pipelock", "base"] as const).find((name) => name === image.labels[imageLabels.kind]);
  if (kind === undefined) return undefined;
  const isOurs = (name: string): boolean => splitName(name).repository === repositoryFor(kind);
  const names = image.names.filter(isOurs);
  if (names.length === 0) return undefined;
  const base = kind === "base" ? undefined : image.labels[imageLabels.base];
  return {
    kind, id: image.id, names, foreignNames: image.names.filter((name) => !isOurs(name)), created: image.created, sizeBytes: image.sizeBytes,
    ...(base !== undefined && { base }), isCurrent: isCurrent(image, kind), containers,
  };
}

// `docker ps` gives an image's name as it was asked for, which may be another image's by now; inspect gives its id.
async function containersByImage(docker: Docker, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, readonly string[]>> {
  const listed = await docker.run(["ps", "--all", "--quiet", "--no-trunc"], { signal });
  if (listed.exitCode !== 0) throw engineFailed("The engine's containers cannot be listed", listed);
  const ids = lines(listed.stdout);
  if (ids.length === 0) return new Map();
  // One that ended meanwhile fails the call; the others are told all the same.
  const inspected = await docker.run(["container", "inspect", "--format", "{{.Image}} {{.Name}}", ...ids], { signal });
  const pairs = lines(inspected.stdout).map((line) => line.split(" "));
  return new Map([...Map.groupBy(pairs, ([image]) => image ?? "")].map(([image, group]) => [image, group.map(([, name = ""]) => name.replace(/^\//, ""))]));
}

function lines(bytes: Uint8Array): readonly string[] {
  return Buffer.from(bytes).toString().split("\n").map((line) => line.trim()).filter(Boolean);
}
