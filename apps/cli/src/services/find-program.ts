import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

/** The folders of a PATH. Relative ones are left out: they would be looked for where the operator happens to stand. */
export function pathFolders(path: string | undefined): readonly string[] {
  return (path ?? "").split(delimiter).filter(isAbsolute);
}

/** Where a program of that name is, in the first folder that has one; undefined if none has. */
export async function findProgram(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const program = join(folder, name);
    if (await access(program, constants.X_OK).then(() => true, () => false)) return program;
  }
  return undefined;
}
