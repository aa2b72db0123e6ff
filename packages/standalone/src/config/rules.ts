import { quote } from "../visible.ts";
import type { Fault } from "./fault.ts";

/** Text that is there. */
export function filledFault(text: string): Fault | undefined {
  return text.trim() === "" ? { code: "value-empty", message: "The text is empty." } : undefined;
}

/** A path of a file or folder. */
export function pathFault(text: string): Fault | undefined {
  if (text.startsWith("~")) return { code: "path-invalid", message: `${quote(text)} starts with ~, which only a shell reads.`, mend: "Write the path out, or relative to this file." };
  return text.trim() === "" || text.includes("\0") ? { code: "path-invalid", message: `${quote(text)} is not a path.` } : undefined;
}

/** A name of a value, and of an environment variable (POSIX, 8.1). What is there may be a secret, so it is not shown. @param example of one */
export function variableFault(text: string, example = "API_TOKEN"): Fault | undefined {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(text)) return undefined;
  return { code: "name-invalid", message: "A name is letters, digits and _, not a digit first.", mend: `For example: ${example}. A value does not belong in this file.` };
}
