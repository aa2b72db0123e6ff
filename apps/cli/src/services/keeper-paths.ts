import { rm } from "node:fs/promises";
import { join } from "node:path";

/** Files of a detached bottle's keeper. */
export interface KeeperPaths {
  /** Where its tmux server listens. */
  readonly socket: string;
  /** What it complained about. */
  readonly errors: string;
  /** Where it is given secrets at its start. */
  readonly handOver: string;
}

/** The folder of all keepers' files. */
export function runFolder(home: string): string {
  return join(home, "run");
}

/** The files of one keeper. */
export function keeperPaths(home: string, identity: string): KeeperPaths {
  const base = join(runFolder(home), identity);
  return { socket: `${base}.tmux`, errors: `${base}.err`, handOver: `${base}.hand` };
}

/** Removes the files of a keeper that has ended or is about to. */
export async function removeKeeperFiles(home: string, identity: string): Promise<void> {
  await Promise.all(Object.values(keeperPaths(home, identity)).map((path: string) => rm(path, { force: true })));
}
