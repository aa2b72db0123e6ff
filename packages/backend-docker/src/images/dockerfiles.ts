import { readFile } from "node:fs/promises";

// Sources: images/ of the repository. Packed: laid beside the built package by tools/release, and found by its name, since
// another program may have bundled this file.
const isSource = import.meta.url.endsWith(".ts");

/** The text of the Dockerfile of an image. */
export function readDockerfile(image: "agent" | "sidecars" | "pipelock"): Promise<string> {
  const home = isSource ? new URL("../../../../images/", import.meta.url) : new URL("dockerfiles/", import.meta.resolve("@bottle/backend-docker"));
  return readFile(new URL(`${image}/Dockerfile`, home), "utf8");
}
