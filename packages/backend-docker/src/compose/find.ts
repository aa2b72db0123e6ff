import { constants } from "node:fs";
import { access, open } from "node:fs/promises";
import { join } from "node:path";
import { hostPath } from "@bottle/backend-core/naming";
import { readSettings, settingsOf } from "../engine/address.ts";

/** A compose by its files alone. */
export interface ComposeProgram {
  readonly major: 1 | 2;
  /** What its command lines start with. */
  readonly command: readonly string[];
  /** The file that is run in the end. */
  readonly path: string;
  readonly isPlugin: boolean;
}

// Besides the operator's own (docker/cli, cli-plugins/manager/manager_unix.go).
const pluginFolders = ["/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins"];

/**
 * Looks for compose as docker does, without starting anything. The plugin is a program of its own as well
 * (https://docs.docker.com/compose/install/standalone/): through `docker`, which asks every plugin for its name first, a start
 * takes a tenth of a second longer. A script may rely on being called as a plugin.
 * @param env the operator's environment
 */
export async function findComposeProgram(env: Readonly<Record<string, string | undefined>>): Promise<ComposeProgram | undefined> {
  const { cliPluginsExtraDirs = [] } = await readSettings(env);
  const plugin = await firstProgram([...cliPluginsExtraDirs, join(settingsOf(env), "cli-plugins"), ...pluginFolders], "docker-compose");
  if (plugin !== undefined) return { major: 2, command: await isScript(plugin) ? ["docker", "compose"] : [plugin], path: plugin, isPlugin: true };
  const path = await firstProgram(hostPath.split(":"), "docker-compose");
  // Only version 1 is a script. Version 2 is a program on some systems.
  return path === undefined ? undefined : { major: await isScript(path) ? 1 : 2, command: ["docker-compose"], path, isPlugin: false };
}

/** The first of these folders' programs of that name. */
export async function firstProgram(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const path of folders.map((folder) => join(folder, name))) {
    if (await access(path, constants.X_OK).then(() => true, () => false)) return path;
  }
  return undefined;
}

async function isScript(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return buffer.toString("latin1") === "#!";
}
