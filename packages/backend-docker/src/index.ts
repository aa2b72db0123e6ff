export { DockerBackend } from "./backend.ts";
