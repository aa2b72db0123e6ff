import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatProblems, parseRouteText, routeLines, type AskedRoute, type Proposal } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { confirm } from "../output/ask.ts";
import { openEditor } from "../services/open-editor.ts";

/**
 * Has the operator write what is granted in place of what was asked. Nothing but the route is in the file: an agent's prose is not for editors to read.
 * @throws CliError `declined` if it is left as it was or given up, `editor-failed`
 */
export async function editRoute(context: Context, { id, identity }: Pick<Proposal, "id" | "identity">, route: AskedRoute): Promise<AskedRoute> {
  const folder = await mkdtemp(join(tmpdir(), "bottle-edit-"));
  try {
    const draft = join(folder, "route.yaml");
    await writeFile(draft, `# What ${id} of ${identity} is granted: host, and ports, methods, paths. Leave it as it is to grant nothing.\n${routeLines(route).join("\n")}\n`, { mode: 0o600 });
    for (;;) {
      await openEditor(context, draft);
      const text = await readFile(draft, "utf8");
      const parsed = parseRouteText({ file: "route.yaml", text });
      if (parsed.ok && routeLines(parsed.value).join("\n") !== routeLines(route).join("\n")) return parsed.value;
      if (parsed.ok) throw new CliError("declined", "The route is as it was asked for; nothing was decided.", { status: exitStatus.refused, mend: `bottle proposals approve ${id}` });
      context.err(formatProblems(parsed.problems, text, { colour: false }));
      if (!await confirm(context, "It cannot be granted like this. Edit again?")) throw new CliError("declined", "Nothing was decided.", { status: exitStatus.refused });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
