import { quote, visible } from "../text/visible.ts";
import type { Fault } from "./fault.ts";

/** A file of the operator's machine: absolute, or below the home as `~/…`; no `..`, nothing unprintable. */
export function hostPathFault(text: string): Fault | undefined {
  const invalid = (message: string, mend: string): Fault => ({ code: "file-path-invalid", message, mend });
  if (visible(text) !== text || text.length > 4096) return invalid(`${quote(text)} cannot be a path.`, "For example: ~/.ssh/app_deploy");
  if (!/^(?:\/|~\/)[^/]/.test(text)) {
    const home = /^\$\{?HOME\}?\/(.+)$/.exec(text)?.[1];
    return invalid(`${quote(text)} must be absolute or start with ~/; a manifest is read from more than one place.`, home === undefined ? "For example: ~/.ssh/app_deploy" : `~/${home}`);
  }
  if (text.split("/").includes("..")) return invalid(`${quote(text)} has a .. segment.`, "Write the path without it.");
  return undefined;
}
