import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole, type StateStore } from "@bottle/backend-core";
import { addRoute, routeLines, type AskedRoute, type Metadata } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { lineDiff, linesOf } from "../output/line-diff.ts";
import type { Style } from "../output/style.ts";
import { visible } from "../output/visible.ts";
import { invalid } from "../services/manifests.ts";
import { readSnapshot } from "../services/read-snapshot.ts";

/** A manifest with one more route, not written yet. */
export interface ManifestChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

const around = 2;

/**
 * What `--always` would make of the manifest that a bottle was started from. Reads only. A project's manifest is trusted by its
 * content, and is never written to.
 * @throws CliError `manifest-not-ours` with the lines to add by hand, `manifest-unreadable`, `manifest-invalid`
 */
export async function planManifest(context: Context, { state, metadata, route }: { readonly state: StateStore; readonly metadata: Metadata; readonly route: AskedRoute }): Promise<ManifestChange> {
  const own = join(context.home, "bottles", `${metadata.bottle}.md`);
  const { bottle } = await readSnapshot(state, metadata);
  const from = bottle.source?.file;
  if (from !== own) throw notOurs(metadata, from, route);
  // People keep such files in a repository of their own and link to them.
  const path = await realpath(own).catch(() => own);
  const before = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new CliError("manifest-unreadable", `${path} cannot be read: ${cause.code ?? cause.message}.`, { status: exitStatus.manifest, mend: "Without --always the grant is for this bottle alone.", cause });
  });
  const added = addRoute({ file: own, text: before }, route);
  if (!added.ok) throw invalid(added.problems, { [own]: before });
  return { path, before, after: added.value };
}

/** Writes it, if the file is still what was read. @throws CliError `changed`; an error of the system */
export async function writeManifest({ path, before, after }: ManifestChange): Promise<void> {
  if (await readFile(path, "utf8").catch(() => undefined) !== before) throw new CliError("changed", `${path} was changed meanwhile and is left as it is.`, { status: exitStatus.refused });
  if (after !== before) await writeWhole(path, after);
}

/** The change for a person: what is put in, and the lines about it. */
export function showManifestChange({ path, before, after }: ManifestChange, style: Style): readonly string[] {
  if (after === before) return [`${path} has this route already.`];
  const lines = lineDiff(linesOf(before), linesOf(after));
  const isNear = (index: number): boolean => lines.slice(Math.max(0, index - around), index + around + 1).some(({ mark }) => mark !== " ");
  return [style.bold(path), ...lines.flatMap(({ mark, text }, index) => (isNear(index) ? [paint(mark, `  ${mark} ${visible(text.replace(/\r$/, ""))}`)] : []))];

  function paint(mark: string, line: string): string {
    return mark === "+" ? style.good(line) : mark === "-" ? style.bad(line) : line;
  }
}

function notOurs({ bottle, agent }: Metadata, from: string | undefined, route: AskedRoute): CliError {
  const lines = ["egress:", "  routes:", ...routeLines(route).map((line, index) => `${index === 0 ? "    - " : "      "}${line}`)];
  const where = from === undefined ? `the manifest of ${agent}` : from;
  const why = from === undefined ? `Bottle "${bottle}" comes with bottle itself and has no manifest to write to.` : `Bottle "${bottle}" was started from ${from}, which is not of this BOTTLE_HOME: a project's manifest is trusted by its content, and is not written to.`;
  return new CliError("manifest-not-ours", why, {
    status: exitStatus.refused, mend: `Approve it without --always. To keep it, add to ${where}\n${lines.join("\n")}\nand run \`bottle trust\` there.`,
  });
}
