import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { confirm } from "../output/ask.ts";
import { visible } from "../output/visible.ts";
import { projectHash, readTrust, writeTrust } from "./trust.ts";

/** Trusts a project's manifests as they are, revokes that, or lists what is trusted. */
export async function trust(context: Context, request: { readonly folder?: string; readonly yes: boolean; readonly revoke: boolean; readonly list: boolean }): Promise<number> {
  const known = await readTrust(context);
  if (request.list) {
    for (const [folder, hash] of Object.entries(known)) context.out(`${hash.slice(0, 12)}  ${visible(folder)}`);
    return exitStatus.ok;
  }
  const folder = join(resolve(context.cwd, request.folder ?? "."), ".bottle");
  const others = Object.fromEntries(Object.entries(known).filter(([name]) => name !== folder));
  if (request.revoke) {
    await writeTrust(context, others);
    context.out(`${folder} is no longer trusted.`);
    return exitStatus.ok;
  }
  const hash = await projectHash(folder);
  if (hash === undefined) throw new CliError("nothing-to-trust", `${folder} has no manifests.`, { status: exitStatus.refused, mend: "`bottle init --project` writes some." });
  await show(context, folder);
  if (!request.yes && !await confirm(context, "Trust these manifests, exactly as they are now?")) throw new CliError("declined", "Not trusted.", { status: exitStatus.refused });
  // Asked about one content, so only that one is trusted.
  if (await projectHash(folder) !== hash) throw new CliError("changed", `${folder} changed while it was shown.`, { status: exitStatus.refused, mend: "Run `bottle trust` again." });
  await writeTrust(context, { ...others, [folder]: hash });
  context.out(`Trusted: ${folder} (${hash.slice(0, 12)}). Any change has to be trusted again.`);
  return exitStatus.ok;
}

async function show(context: Context, folder: string): Promise<void> {
  for (const kind of ["agents", "bottles"]) {
    for (const name of (await readdir(join(folder, kind)).catch((): string[] => [])).filter((entry) => entry.endsWith(".md")).sort()) {
      context.err(`--- ${kind}/${visible(name)}\n${visible(await readFile(join(folder, kind, name), "utf8"), { keepLines: true })}`);
    }
  }
}
