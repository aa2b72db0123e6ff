import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentKinds } from "@bottle/agents";
import { writeWhole } from "@bottle/backend-core";
import { formatProblems, parseAgent, parseBottle } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { confirm } from "../output/ask.ts";
import { openEditor } from "./open-editor.ts";

/** Opens a manifest in the operator's editor; the result replaces it only if it can be used. */
export async function edit(context: Context, request: { readonly what: string; readonly name: string }): Promise<number> {
  const { what, name } = request;
  if ((what !== "agent" && what !== "bottle") || !/^[a-z0-9][a-z0-9-]{0,40}$/.test(name)) {
    throw new CliError("usage", "Say what to edit: `bottle edit agent NAME` or `bottle edit bottle NAME`.", { status: exitStatus.usage });
  }
  const wanted = join(context.home, `${what}s`, `${name}.md`);
  // People keep such files in a repository of their own and link to them.
  const path = await realpath(wanted).catch(() => wanted);
  const before = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new CliError("manifest-unreadable", `${path} cannot be read: ${cause.code ?? cause.message}.`, { status: exitStatus.manifest, mend: "`bottle init` writes new manifests.", cause });
  });
  const folder = await mkdtemp(join(tmpdir(), "bottle-edit-"));
  try {
    // The same base name, since a manifest's name is its file's.
    const draft = join(folder, `${name}.md`);
    await writeFile(draft, before, { mode: 0o600 });
    for (;;) {
      await openEditor(context, draft);
      const after = await readFile(draft, "utf8");
      if (after === before) return unchanged(context);
      const faults = check(what, draft, after);
      if (faults === undefined) {
        if (await readFile(path, "utf8").catch(() => undefined) !== before) throw new CliError("changed", `${path} was changed meanwhile.`, { status: exitStatus.refused, mend: "Look at it and edit again." });
        await writeWhole(path, after);
        context.out(`${path} is changed. Running bottles keep what they started with.`);
        return exitStatus.ok;
      }
      context.err(faults);
      if (!await confirm(context, "It cannot be used like this. Edit again?")) throw new CliError("declined", "Nothing was changed.", { status: exitStatus.refused });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function unchanged(context: Context): number {
  context.out("Nothing was changed.");
  return exitStatus.ok;
}

function check(what: "agent" | "bottle", file: string, text: string): string | undefined {
  const parsed = what === "agent" ? parseAgent({ file, text, knownKinds: agentKinds.map((kind) => kind.name) }) : parseBottle({ file, text });
  return parsed.ok ? undefined : formatProblems(parsed.problems, text, { colour: false });
}
