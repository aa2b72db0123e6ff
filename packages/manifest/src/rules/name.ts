import { quote } from "../text/visible.ts";
import type { Fault, FindFault } from "./fault.ts";

/** What a name names, in messages. */
export type NameNoun = "an agent" | "a bottle" | "a git upstream" | "a skill" | "an agent kind";

/** Names become paths, labels and host names, so they are 1 to 41 of a-z, 0-9 and -, starting with a letter or digit. */
export function nameRule(noun: NameNoun, longest = 41): FindFault<string> {
  return (name) => nameFault(name, noun, longest);
}

function nameFault(name: string, noun: NameNoun, longest: number): Fault | undefined {
  if (/^[a-z0-9][a-z0-9-]*$/.test(name) && name.length <= longest) return undefined;
  const proposal = name.slice(0, 200).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "").slice(0, longest).replace(/-+$/, "");
  return {
    code: "name-invalid",
    message: `${quote(name)} cannot be the name of ${noun}: use 1 to ${longest} of a-z, 0-9 and -, starting with a letter or digit.`,
    ...(proposal !== "" && { mend: `For example: ${proposal}` }),
  };
}
