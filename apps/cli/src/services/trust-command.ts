import { join, resolve } from "node:path";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { confirm } from "../output/ask.ts";
import { visible } from "../output/visible.ts";
import { readProject, readTrust, writeTrust } from "./trust.ts";

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
  const project = await readProject(context, folder);
  if (!project) throw new CliError("nothing-to-trust", `${folder} has no manifests.`, { status: exitStatus.refused, mend: "`bottle init --project` writes some." });
  for (const { kind, name, bytes } of project.files) context.err(`--- ${kind}/${visible(name)}\n${visible(Buffer.from(bytes).toString(), { keepLines: true })}`);
  if (!request.yes && !await confirm(context, "Trust these manifests, exactly as they are now?")) throw new CliError("declined", "Not trusted.", { status: exitStatus.refused });
  // The hash is of what was shown: should the files have changed since, they are not trusted.
  await writeTrust(context, { ...others, [folder]: project.hash });
  context.out(`Trusted: ${folder} (${project.hash.slice(0, 12)}). Any change has to be trusted again.`);
  return exitStatus.ok;
}
