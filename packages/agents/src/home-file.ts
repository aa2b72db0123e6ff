import type { HomeFile } from "./model.ts";

/** A settings file. */
export function jsonFile(path: string, value: unknown): HomeFile {
  return { path, content: `${JSON.stringify(value, undefined, 2)}\n` };
}

/** The file of standing instructions, if there are any. */
export function promptFile(path: string, prompt: string): readonly HomeFile[] {
  return prompt === "" ? [] : [{ path, content: prompt }];
}
