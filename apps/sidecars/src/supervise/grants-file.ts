import { closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Grant, Proposal } from "@bottle/manifest";
import { formatGrants, parseGrants, parseProposal } from "@bottle/manifest/state";
import { messageOf, SidecarsError } from "../errors.ts";

/** `grants.json` of a directory of supervise. */
export interface GrantsFile {
  /** Puts these in the place of what is there, at once and for good. @throws SidecarsError `grants-failed`; then the file is as it was */
  write(grants: readonly Grant[]): void;
}

/**
 * Opens the file, and the directory (0700) if it is not there.
 * @returns with the grants that were in force when the last process ended: those whose proposal was said to be, or is so old that it is kept no
 * more; and whether those are all that the file has
 * @throws SidecarsError `grants-failed` for a file that is not what bottle wrote
 */
export function openGrantsFile(directory: string): { readonly file: GrantsFile; readonly grants: readonly Grant[]; readonly isWhole: boolean } {
  const path = join(directory, "grants.json");
  const write = (grants: readonly Grant[]): void => {
    try {
      const text = formatGrants(grants);
      // What would not be read again is not written.
      parseGrants(text);
      replace(directory, path, text);
    } catch (cause) {
      throw failed(`The grants cannot be kept in ${path}: ${messageOf(cause)}. Make room, or mend its permissions.`, cause);
    }
  };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const text = readIfThere(path);
  try {
    const grants = text === undefined ? [] : parseGrants(text);
    const applied = grants.filter(({ proposal }) => wasApplied(directory, proposal));
    return { file: { write }, grants: applied, isWhole: applied.length === grants.length };
  } catch (cause) {
    throw failed(`${path} cannot be read: ${messageOf(cause)} Move it away to start without the grants in it.`, cause);
  }
}

// A process that ended between the file and the reload had promised nothing yet, and its successor calls that proposal failed.
function wasApplied(directory: string, id: string): boolean {
  const text = readIfThere(join(directory, "queue", `${id}.json`));
  return text === undefined || stateOf(text) === "applied";
}

function stateOf(text: string): Proposal["state"] | undefined {
  try {
    return parseProposal(text).state;
  } catch {
    return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, { encoding: "utf8", flag: constants.O_RDONLY | constants.O_NOFOLLOW });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw failed(`${path} cannot be read: ${messageOf(error)}.`, error);
  }
}

function replace(directory: string, path: string, text: string): void {
  const draft = `${path}.tmp`;
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, text, { mode: 0o600, flag: "wx", flush: true });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  const folder = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function failed(message: string, cause: unknown): SidecarsError {
  return new SidecarsError("grants-failed", message, { cause });
}
