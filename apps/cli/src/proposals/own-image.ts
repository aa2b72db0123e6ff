import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { BottleError, writeWhole, type StatePaths } from "@bottle/backend-core";
import { CliError, exitStatus } from "../errors.ts";

type Root = Pick<StatePaths, "root">;

const dockerfileOf = ({ root }: Root): string => join(root, "Dockerfile");
const beforeOf = ({ root }: Root): string => join(root, "Dockerfile.before");

/** The Dockerfile a bottle's image is made from; undefined if it is the common image. */
export async function readOwnImage(paths: Root): Promise<string | undefined> {
  return readFile(dockerfileOf(paths), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** Makes a granted Dockerfile the bottle's; the one before is kept. Killed at any step, it can be done again, and comes to the same. */
export async function writeOwnImage(paths: Root, dockerfile: string): Promise<void> {
  const current = await readOwnImage(paths);
  if (current === dockerfile) return;
  if (current === undefined) await rm(beforeOf(paths), { force: true });
  else await writeWhole(beforeOf(paths), current);
  await writeWhole(dockerfileOf(paths), dockerfile);
}

/**
 * Goes back to the image that the bottle had before its last grant of one; from there, to the common image.
 * @returns which one it is then @throws CliError `image-unusable` if it is the common image
 */
export async function restoreImage(paths: Root, identity: string): Promise<"own" | "common"> {
  if (await readOwnImage(paths) === undefined) {
    throw new CliError("image-unusable", `${identity} has no image of its own: there is none before it.`, { status: exitStatus.refused, mend: `\`bottle resume ${identity}\` goes on.` });
  }
  try {
    await rename(beforeOf(paths), dockerfileOf(paths));
    return "own";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await rm(dockerfileOf(paths), { force: true });
    return "common";
  }
}

/** A failure over the bottle's own image, with the way back; any other error as it is. */
export function explainImage(error: unknown, paths: Root, identity: string): unknown {
  if (!(error instanceof BottleError) || error.code !== "launch-failed" || !error.message.includes(dockerfileOf(paths))) return error;
  return new CliError("image-unusable", error.message, {
    status: exitStatus.launch, cause: error,
    mend: `Its work is as it was. \`bottle resume ${identity} --previous-image\` goes on with the image it had before; or mend ${dockerfileOf(paths)} and resume again.`,
  });
}
