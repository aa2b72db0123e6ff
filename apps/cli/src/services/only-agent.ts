import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { visible } from "../output/visible.ts";
import { manifestNames } from "./manifest-files.ts";
import { readProject } from "./trust.ts";

/** What `bottle init` calls an agent if it is not told. */
const firstName = "dev";

/**
 * The agent that `bottle start` means without a name: the only one there is, or with none at all the one that `init` would
 * write. @throws CliError `agent-missing` with the names of several
 */
export async function onlyAgent(context: Context): Promise<string> {
  const project = await readProject(context);
  const trusted = project?.trust === "trusted" ? project.files.filter(({ kind }) => kind === "agents").map(({ name }) => name) : [];
  const names = [...new Set([...await manifestNames(context.home, "agents"), ...trusted])].map((name) => name.slice(0, -".md".length)).sort();
  const [only = firstName] = names;
  if (names.length <= 1) return only;
  throw new CliError("agent-missing", `Which agent? There are ${names.map((name) => visible(name)).join(", ")}.`, { status: exitStatus.usage, mend: `bottle start ${visible(only)}` });
}
