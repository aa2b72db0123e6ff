import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";

/** The folders whose files an agent is given or writes, by their real paths. @param workspace absent: the bottle has none */
export function exposedFolders(home: string, workspace: string | undefined): Promise<readonly string[]> {
  return Promise.all([join(home, "state"), ...(workspace === undefined ? [] : [workspace])].map(real));
}

/** Whether a file, wherever links lead to it, is among those of the folders. */
export async function isExposed(path: string, folders: readonly string[]): Promise<boolean> {
  return isBelow(await real(path), folders);
}

/** Whether a real path is one of the folders or below one. */
export function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`));
}

/** Where links lead; what does not exist is where it says. */
export function real(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
