import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** Whether a program would be found (POSIX, 8.3 PATH). */
export function findProgram(program: string, { env, cwd }: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string }): boolean {
  const places = program.includes("/") ? [resolve(cwd, program)] : (env["PATH"] ?? "").split(delimiter).filter(Boolean).map((folder) => join(folder, program));
  return places.some(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
