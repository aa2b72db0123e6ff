export { createDocker, type Docker } from "../engine/docker.ts";
export { buildImages, type BuildOptions, type BuiltImage, type BuiltImages } from "./build.ts";
export { findImages, type FoundImages } from "./find.ts";
export { listImages, type ListedImage } from "./list.ts";
export { imagesVersion, type ImageKind } from "./names.ts";
export { choosePrunable, removeImages, type PruneOutcome } from "./prune.ts";
