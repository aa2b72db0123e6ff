export { BubblewrapBackend } from "./backend.ts";
