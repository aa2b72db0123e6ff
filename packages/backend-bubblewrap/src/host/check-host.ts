import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { hostPath, type Availability } from "@bottle/backend-core";
import { forbiddenBy, readNamespaceFacts } from "./user-namespaces.ts";

/** The programs a bubblewrap bottle stands on, with the Debian package of each. */
const programs: Readonly<Record<string, string>> = {
  bwrap: "bubblewrap", unshare: "util-linux", nsenter: "util-linux", script: "bsdutils", perl: "perl-base", tar: "tar",
};

const rootCaveat = "Run by root: the agent inside has root's eye for files. It sees /usr read-only, and there also what only root may read. "
  + "Run bottle as an ordinary user if that matters.";

/** Whether a bottle can be expected to start here, without starting anything: it is on the way of every `bottle start`. */
export async function checkHost(): Promise<Availability> {
  const missing = (await Promise.all(Object.keys(programs).map(async (name) => ((await findProgram(name)) ? undefined : name)))).filter((name) => name !== undefined);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((name) => programs[name]))].join(" ");
    return { available: false, reason: `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not installed.`, mend: `Run: sudo apt-get install ${packages}` };
  }
  const facts = await readNamespaceFacts();
  const forbidden = forbiddenBy(facts);
  if (forbidden) return { available: false, ...forbidden };
  return { available: true, version: "bubblewrap", caveats: facts.isRoot ? [rootCaveat] : [] };
}

/** The path of a host program, looked for where bottle itself looks. */
async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of hostPath.split(":")) {
    const path = join(folder, name);
    if (await access(path, constants.X_OK).then(() => true, () => false)) return path;
  }
  return undefined;
}
