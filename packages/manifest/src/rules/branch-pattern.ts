import { quote } from "../text/visible.ts";
import type { Fault } from "./fault.ts";

// A push waits while a name is compared; each further wildcard multiplies how long that may take.
const mostWildcards = 4;

/** Branch names as a pattern: `*` is anything but `/`, `**` anything; the rest is what git takes for a name (git-check-ref-format). */
export function branchPatternFault(text: string): Fault | undefined {
  const invalid = (message: string, mend: string): Fault => ({ code: "branch-invalid", message: `${quote(text)} ${message}`, mend });
  const short = text.replace(/^\+/, "").replace(/^(?:refs\/heads|heads)\//, "");
  if (short !== text && short !== "") return invalid("is more than a branch's name.", short.slice(0, 255));
  if (text === "" || text.length > 255) return invalid("is not a branch's name or a pattern of some.", example);
  if (text.includes(":")) return invalid("is a refspec; a branch is pushed under its own name.", text.slice(text.lastIndexOf(":") + 1).replace(/^refs\/heads\//, "") || example);
  if (/[?[\]{}]/.test(text)) return invalid("has a wildcard that is none here: * is anything but /, ** is anything.", example);
  if (/[^!-~\u00a1-\uffff]|[\\^~]|@\{|\.\.|\/\/|\/\.|\.lock(?:\/|$)|^[-/.]|[/.]$/.test(text)) return invalid("is not what git takes for a branch's name.", example);
  if ((text.match(/\*+/g) ?? []).length > mostWildcards || text.includes("***")) return invalid(`has too many wildcards; ${mostWildcards} are the most.`, example);
  return undefined;
}

const example = "For example: agent/**";
