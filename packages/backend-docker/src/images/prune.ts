import { lastLine, type Docker } from "../engine/docker.ts";
import type { ListedImage } from "./list.ts";

/** What became of an image that was to go. */
export type PruneOutcome =
  | { readonly removed: true; readonly image: ListedImage }
  | { readonly removed: false; readonly image: ListedImage; readonly reason: string };

/**
 * Which images may go: no container is made from them, nobody gave them a name of their own, and a start does not take
 * them. A base stays as long as an image that stays was built upon it.
 * @param all the current ones too, and their base
 */
export function choosePrunable(images: readonly ListedImage[], { all }: { readonly all: boolean }): readonly ListedImage[] {
  const isFree = (image: ListedImage): boolean => image.containers.length === 0 && image.foreignNames.length === 0;
  const built = images.filter(({ kind }) => kind !== "base");
  const going = built.filter((image) => isFree(image) && (all || !image.isCurrent));
  const stayingBases = new Set(built.filter((image) => !going.includes(image)).map(({ base }) => base));
  const bases = images.filter((image) => image.kind === "base" && isFree(image) && !stayingBases.has(image.id));
  // With nothing built yet, a base is what the next build needs.
  return built.length === 0 && !all ? going : [...going, ...bases];
}

/** Removes images name by name, never by force: one that came into use meanwhile stays, and is told. */
export async function removeImages(docker: Docker, images: readonly ListedImage[], signal?: AbortSignal): Promise<readonly PruneOutcome[]> {
  const outcomes: PruneOutcome[] = [];
  for (const image of images) {
    const { exitCode, stderr } = await docker.run(["image", "rm", ...image.names], { signal });
    outcomes.push(exitCode === 0 ? { removed: true, image } : { removed: false, image, reason: lastLine(stderr) });
  }
  return outcomes;
}
