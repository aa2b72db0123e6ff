import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { BottleError } from "../errors.ts";

// The last one is what GNU tar says where only a part of a file found room.
const sayings = /\b(?:ENOSPC|EDQUOT)\b|no space left on device|disk quota exceeded|wrote only [0-9]+ of [0-9]+ bytes/i;

const opening = "The disk is full:";

/** How much may still be written where a path is or would be, in words. */
export async function freeAt(path: string): Promise<string> {
  try {
    const { bavail, bsize, ffree, files } = await statfs(path);
    const kibibytes = Math.floor((bavail * bsize) / 1024);
    const room = kibibytes < 1024 ? `${kibibytes} KiB` : `${Math.floor(kibibytes / 1024)} MiB`;
    return `${room}${files > 0 ? ` and ${ffree} more files` : ""} are free at ${path}`;
  } catch {
    return path === dirname(path) ? "what is free is not known" : freeAt(dirname(path));
  }
}

/** An error; or, if a full disk is at its bottom, one that says which file found it full and how much is free. */
export async function explainNoSpace(error: unknown, home: string): Promise<unknown> {
  const found = findNoSpace(error);
  if (!found) return error;
  if (found instanceof BottleError && (found.code === "workspace-failed" || found.message.startsWith(opening))) return found;
  return new BottleError("launch-failed", `${opening} ${found.message}`, {
    mend: `Make room: ${await freeAt(home)}. Then start again; \`bottle cleanup\` removes what may have stayed.`, cause: error,
  });
}

/** The error that tells of it; with several, the one that came first. */
function findNoSpace(error: unknown): Error | undefined {
  if (error instanceof SuppressedError) return findNoSpace(error.suppressed) ?? findNoSpace(error.error);
  if (error instanceof AggregateError) return error.errors.map(findNoSpace).find(Boolean);
  if (!(error instanceof Error)) return undefined;
  return sayings.test(error.message) ? error : findNoSpace(error.cause);
}

/** Passes a write on; Node does not say of a failed one which file it was. */
export async function namingFile<T>(path: string, writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (cause) {
    if (!(cause instanceof Error) || cause.message.includes(path)) throw cause;
    throw Object.assign(new Error(`${cause.message} '${path}'`, { cause }), "code" in cause && { code: cause.code });
  }
}
