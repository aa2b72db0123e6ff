export { buildAll, type BuiltPackage } from "./build.ts";
export { bundleSources } from "./bundle.ts";
export { installPacked, packAll } from "./pack.ts";
