import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { StateStore } from "@bottle/backend-core";
import type { AuditEvent } from "@bottle/manifest";
import { parseAuditLine } from "@bottle/manifest/state";
import type { Context } from "../context.ts";
import { styleOf } from "../output/style.ts";

/** What happened on the network and at the git gate, and how to go on. */
export async function summary(context: Context, state: StateStore, identity: string): Promise<string> {
  const counts = { allow: 0, deny: 0, out: 0, in: 0 };
  const pushes = { allow: 0, deny: 0 };
  for await (const event of readAudit(state.directory(identity).audit)) {
    // A push that goes through is recorded as clean before it goes, and again once the upstream has it.
    if (event.type === "git" && event.op === "push" && event.reason !== "clean") pushes[event.decision] += 1;
    if (event.type !== "network") continue;
    counts[event.decision] += event.count ?? 1;
    counts.out += event.bytesOut ?? 0;
    counts.in += event.bytesIn ?? 0;
  }
  const { workspace } = await state.read(identity);
  const style = styleOf(context);
  const home = workspace.mode === "copy" ? `   ${style.bold(`bottle diff ${identity}`)} shows its changes` : "";
  const pushed = pushes.allow + pushes.deny === 0 ? "" : ` Pushes: ${pushes.allow} taken by their upstream, ${pushes.deny} refused.`;
  return `${identity}: ${counts.allow} requests allowed, ${counts.deny} denied, ${counts.out} bytes out, ${counts.in} in.${pushed}\n${style.bold(`bottle resume ${identity}`)} goes on${home}`;
}

/** The events of an audit log, in order; a line that is not one ends it. */
export async function* readAudit(file: string): AsyncGenerator<AuditEvent & { readonly time: string }> {
  const input = createReadStream(file);
  // A bottle that never got as far as its sidecars has no log.
  input.on("error", () => input.destroy());
  try {
    for await (const line of createInterface({ input })) {
      const { event, time } = parseAuditLine(line);
      yield { ...event, time };
    }
  } catch {
    // A torn last line is what a kill leaves; `bottle audit verify` is for the rest.
  }
}
