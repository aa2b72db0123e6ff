import { readFile } from "node:fs/promises";
import type { StateStore } from "@bottle/backend-core";
import { ManifestError, type Metadata, type Resolved } from "@bottle/manifest";
import { parseSnapshot } from "@bottle/manifest/state";
import { CliError, exitStatus } from "../errors.ts";

/** The manifests a bottle was started with. @throws CliError `not-resumable` if none were kept, `snapshot-invalid` */
export async function readSnapshot(state: StateStore, metadata: Metadata): Promise<Resolved> {
  const { identity } = metadata;
  const { manifest: file } = state.directory(identity);
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT") throw broken(metadata, `${file} cannot be read: ${cause.code ?? cause.message}.`, cause);
    if (metadata.agentStarted) throw new CliError("not-resumable", `${identity} has no manifest to resume with: it was lost.`, {
      status: exitStatus.refused, mend: `Its work is in ${state.directory(identity).root}; start a new one.`, cause,
    });
    throw new CliError("not-resumable", `${identity} has no manifest to resume with: its agent never started.`, {
      status: exitStatus.refused, mend: "Start a new one; `bottle cleanup` removes this one.", cause,
    });
  });
  const resolved = parse(metadata, file, text);
  const { agent, bottle } = resolved;
  const [made, found] = [[metadata.agent, metadata.kind, metadata.bottle], [agent.name, agent.kind, bottle.name]];
  if (made.join() === found.join()) return resolved;
  throw broken(metadata, `${file} is of agent "${agent.name}" (${agent.kind}) in bottle "${bottle.name}"; ${identity} was started as agent "${metadata.agent}" (${metadata.kind}) in bottle "${metadata.bottle}".`);
}

function parse(metadata: Metadata, file: string, text: string): Resolved {
  try {
    return parseSnapshot(text);
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause;
    throw broken(metadata, `${file} cannot be used. ${cause.message}`, cause);
  }
}

// What it allowed cannot be known any more, so nothing is started with a guess.
function broken({ identity, agent, workspace }: Metadata, message: string, cause?: unknown): CliError {
  const rescue = workspace.mode === "copy" ? `\`bottle diff ${identity}\` and \`bottle apply ${identity}\` still bring its work home; then \`bottle start ${agent}\`` : `\`bottle start ${agent}\``;
  return new CliError("snapshot-invalid", message, { status: exitStatus.manifest, mend: `Put the file back as it was, if you have it. ${rescue} starts a new one.`, cause });
}
