import type { Docker } from "../engine/docker.ts";
import { inspectImages, type EngineImage } from "./inspect.ts";
import { currentName, imageLabels, imagesVersion, repositoryFor, splitName, type ImageKind } from "./names.ts";

/** The images bottles are started from, by id; absent where `bottle images build` has not been run. */
export interface FoundImages {
  readonly agent?: string;
  readonly sidecars?: string;
  readonly pipelock?: string;
}

const kinds = ["agent", "sidecars", "pipelock"] as const;

/** Looks which images a start would take: those of this version's names that bear our labels. One call to the engine. */
export async function findImages(docker: Docker, signal?: AbortSignal): Promise<FoundImages> {
  const images = await inspectImages(docker, kinds.map(currentName), signal);
  const [agent, sidecars, pipelock] = kinds.map((kind) => images.find((image) => isCurrent(image, kind))?.id);
  return { ...(agent !== undefined && { agent }), ...(sidecars !== undefined && { sidecars }), ...(pipelock !== undefined && { pipelock }) };
}

/** Whether an image is the one a start takes for this kind. A stranger's image can have the name, but not by chance the labels. */
export function isCurrent({ names, labels }: Pick<EngineImage, "names" | "labels">, kind: ImageKind): boolean {
  const hasName = names.map(splitName).some(({ repository, tag }) => repository === repositoryFor(kind) && tag === imagesVersion);
  return hasName && labels[imageLabels.kind] === kind && labels[imageLabels.version] === imagesVersion;
}
