import { quote } from "../text/visible.ts";
import type { Fault } from "./fault.ts";
import { hostPathFault } from "./host-path.ts";

/** A program of the operator's machine: a name that their PATH knows, or a path as of any file. */
export function programFault(text: string): Fault | undefined {
  if (!text.includes("/") && /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}$/.test(text)) return undefined;
  if (text.startsWith("/") || text.startsWith("~/")) return hostPathFault(text);
  return { code: "program-invalid", message: `${quote(text)} must be a program's name, or a path that is absolute or starts with ~/.`, mend: "For example: [gh, auth, token]" };
}

/** A word of a command line. */
export function wordFault(text: string): Fault | undefined {
  return text.includes("\0") ? { code: "command-invalid", message: "A word of a command cannot hold a NUL character." } : undefined;
}
