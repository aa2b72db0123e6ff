/** What bottle makes images of: the containers of a bottle, and a base where no registry is reachable. */
export type ImageKind = "agent" | "sidecars" | "pipelock" | "base";

/** Images of this version fit this backend and no other: what stands where inside is agreed between the two. */
export const imagesVersion = "0.1.0";

/** Labels of the images. A base named by a registry is noted by digest, another by its id. */
export const imageLabels = { kind: "bottle.image", version: "bottle.version", base: "bottle.base" } as const;

/** The repository of a kind of image; nobody else's image is in it. */
export function repositoryFor(kind: ImageKind): string {
  return `bottle-${kind}`;
}

/** The name under which the image that bottles are started from is found. */
export function currentName(kind: ImageKind): string {
  return `${repositoryFor(kind)}:${imagesVersion}`;
}

/** Repository and tag of a name as engines write it: Podman puts `localhost/` before it, others a registry's default. */
export function splitName(name: string): { readonly repository: string; readonly tag: string } {
  const plain = name.replace(/^(localhost|docker\.io\/library|docker\.io)\//, "");
  const colon = plain.lastIndexOf(":");
  return colon > plain.lastIndexOf("/") ? { repository: plain.slice(0, colon), tag: plain.slice(colon + 1) } : { repository: plain, tag: "" };
}
