import { statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";

/**
 * Where Node keeps compiled modules: in BOTTLE_HOME, because it is code that runs, and Node's usual place is a folder of
 * /tmp. Undefined while there is no BOTTLE_HOME, since Node would make it open to others, and where others may write to it.
 */
export function compileCache(home: string): string | undefined {
  try {
    const { uid, mode } = statSync(home);
    return uid === process.getuid?.() && (mode & 0o022) === 0 ? join(home, "cache", "compiled") : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what this process loads from now on. */
export function useCompileCache(home: string): void {
  const directory = compileCache(home);
  if (directory !== undefined) enableCompileCache(directory);
}
