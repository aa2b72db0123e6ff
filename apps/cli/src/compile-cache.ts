import { mkdirSync, statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";

/**
 * Where Node keeps compiled modules: in BOTTLE_HOME, because it is code that runs, and Node's usual place is a folder of
 * /tmp. Undefined while there is no BOTTLE_HOME, since Node would make it open to others, where others may write
 * to it, and where it cannot be made.
 */
export function compileCache(home: string): string | undefined {
  try {
    const { uid, mode } = statSync(home);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
    // One by one: Node would make them by itself, and never return below /proc.
    for (const folder of [join(home, "cache"), join(home, "cache", "compiled")]) makeOnce(folder);
    return join(home, "cache", "compiled");
  } catch {
    return undefined;
  }
}

function makeOnce(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Keeps what this process loads from now on. */
export function useCompileCache(home: string): void {
  const directory = compileCache(home);
  if (directory !== undefined) enableCompileCache(directory);
}
