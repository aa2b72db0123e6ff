export { startDockerEngine, startOwnDockerEngine, type DockerEngine, type OwnDockerEngine } from "./engine.ts";
export { DockerEngineError, type DockerEngineErrorCode } from "./errors.ts";
export { baseImage, testImages, type BuildTestImages, type ImageParts, type TestImages } from "./images.ts";
