import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A folder of docker settings without anything in them, below a BOTTLE_HOME. */
export function settingsFolder(home: string): string {
  return join(home, "cache", "docker-settings");
}

/** Makes it. @returns its path */
export async function makeEmptySettings(home: string): Promise<string> {
  const folder = settingsFolder(home);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, "config.json"), "{}\n", { mode: 0o600 });
  return folder;
}
