import { spawn } from "node:child_process";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Metadata } from "@bottle/manifest";
import { formatMetadata, parseMetadata } from "@bottle/manifest/state";
import { BottleError } from "../errors.ts";
import { isIdentity } from "../identity.ts";
import { namingFile } from "./no-space.ts";
import { statePaths, type StatePaths } from "./paths.ts";

/** One bottle of a state directory: its metadata, or why it cannot be read. */
export type StateEntry =
  | { readonly identity: string; readonly metadata: Metadata }
  | { readonly identity: string; readonly unreadable: string };

/** The state directory of a BOTTLE_HOME: one folder per bottle, each change atomic. */
export interface StateStore {
  readonly home: string;
  /** Every bottle there is, by identity; a folder that is not a bottle's is left out. */
  list(): Promise<readonly StateEntry[]>;
  /** @throws BottleError `identity-unknown`, `state-unreadable` */
  read(identity: string): Promise<Metadata>;
  /** @throws BottleError `identity-invalid` */
  directory(identity: string): StatePaths;
  /** Makes the folder and its first metadata. @throws BottleError `state-exists` if the identity is taken, `state-open` if others may write there */
  create(metadata: Metadata): Promise<StatePaths>;
  /** Replaces metadata by temporary file and rename. */
  update(identity: string, change: (metadata: Metadata) => Metadata): Promise<Metadata>;
  /** Removes the folder and everything in it, and what was noted of its audit log. Links in it are removed, never followed. */
  remove(identity: string): Promise<void>;
}

/** Opens the state directory of a BOTTLE_HOME; makes nothing until `create`. */
export function openStateStore(home: string): StateStore {
  const directory = (identity: string): StatePaths => {
    if (!isIdentity(identity)) {
      throw new BottleError("identity-invalid", `"${identity}" is not a bottle's identity.`, {
        mend: "An identity looks like `dev-4k2x9`; `bottle list` shows them.",
      });
    }
    return statePaths(home, identity);
  };
  const read = async (identity: string): Promise<Metadata> => readMetadata(directory(identity).metadata, identity);
  return {
    home,
    directory,
    read,
    list: () => listEntries(home, read),
    create: (metadata) => createState(directory(metadata.identity), metadata),
    update: async (identity, change) => {
      const next = change(await read(identity));
      await writeWhole(directory(identity).metadata, formatMetadata(next));
      return next;
    },
    remove: async (identity) => {
      const { root, witness } = directory(identity);
      await removeTree(root);
      // Below what is no folder nothing was ever noted.
      await rm(witness, { force: true }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOTDIR") throw error;
      });
    },
  };
}

// GNU rm goes down by descriptors; Node's fails on a tree deeper than PATH_MAX, which an agent can make.
async function removeTree(path: string): Promise<void> {
  const child = spawn("rm", ["-rf", "--", path], { stdio: "ignore", env: { PATH: "/usr/bin:/bin" } });
  const code = await new Promise<number | null>((resolve) => child.once("error", () => resolve(null)).once("exit", resolve));
  if (code !== 0) await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function listEntries(home: string, read: (identity: string) => Promise<Metadata>): Promise<StateEntry[]> {
  const names = await readdir(join(home, "state")).catch(() => []);
  return Promise.all(names.filter(isIdentity).sort().map(async (identity) => {
    try {
      return { identity, metadata: await read(identity) };
    } catch (error) {
      return { identity, unreadable: error instanceof Error ? error.message : String(error) };
    }
  }));
}

async function readMetadata(path: string, identity: string): Promise<Metadata> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") {
      throw new BottleError("identity-unknown", `There is no bottle "${identity}".`, { mend: "`bottle list` shows them.", cause });
    }
    throw new BottleError("state-unreadable", `${path} cannot be read: ${cause.code ?? cause.message}.`, {
      mend: "Look at its permissions.", cause,
    });
  });
  try {
    return parseMetadata(text);
  } catch (cause) {
    throw new BottleError("state-unreadable", `${path} is not a bottle's metadata: ${String(cause)}`, {
      mend: "`bottle cleanup` can remove what this bottle left running; the folder stays until you remove it.", cause,
    });
  }
}

/**
 * Refuses a folder that is somebody else's or that others may write to: they could put another one in a bottle's place.
 * @throws BottleError `state-open`
 */
export async function refuseOpenFolder(path: string): Promise<void> {
  const { uid, mode } = await stat(path);
  if (uid === process.getuid?.() && (mode & 0o022) === 0) return;
  throw new BottleError("state-open", `${path} is open to others: it is theirs, or they may write to it.`, {
    mend: `Run \`chmod go-w ${path}\` if it is yours; else set BOTTLE_HOME to a folder of your own.`,
  });
}

async function createState(paths: StatePaths, metadata: Metadata): Promise<StatePaths> {
  const folder = dirname(paths.root);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const path of [dirname(folder), folder]) await refuseOpenFolder(path);
  try {
    await mkdir(paths.root, { mode: 0o700 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new BottleError("state-exists", `The identity ${metadata.identity} is taken.`, { mend: "Start again for another one.", cause });
  }
  try {
    await writeWhole(paths.metadata, formatMetadata(metadata));
    await makeStateFolders(paths);
  } catch (error) {
    await rm(paths.root, { recursive: true, force: true });
    throw error;
  }
  return paths;
}

/** The folders of one bottle; those that are there stay as they are. */
export async function makeStateFolders(paths: StatePaths): Promise<void> {
  const folders = [paths.egress, paths.home, paths.shown, paths.logs, paths.sockets];
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
}

/** Writes a file whole or not at all, as seen by any process: temporary sibling, renamed over. A power cut may undo it. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`;
  try {
    await using file = await open(temporary, "wx", 0o600);
    await namingFile(path, file.writeFile(content));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
