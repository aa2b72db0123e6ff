export { installPacked, packAll } from "./pack.ts";
