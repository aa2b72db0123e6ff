import type { AgentManifest } from "../model.ts";
import { nearest } from "../rules/nearest.ts";
import { agentYaml } from "../schema/yaml-schemas.ts";
import { quote } from "../text/visible.ts";
import { entryOf, itemsOf, textOf, valueAt, type LocatedMap } from "../yaml/tree.ts";
import { checkEnv } from "./env-checks.ts";
import { envOf } from "./env-of.ts";
import { judgeShape } from "./judge-shape.ts";
import type { Parsed } from "./parse-bottle.ts";
import { sourceOf } from "./places.ts";
import { readManifest, type ManifestFile } from "./read-manifest.ts";
import type { Report } from "./report.ts";

/** A file, and the agent kinds there are. */
export interface AgentFile extends ManifestFile {
  /** Kinds that `kind` may be, `command` included; absent: any name. */
  readonly knownKinds?: readonly string[];
}

const noun = { noun: "an agent", example: "For example:\n---\nkind: claude\nbottle: dev\n---\nYou are a careful engineer." } as const;

/** Parses `agents/<name>.md` (DESIGN §5). Never throws for any input; the same bounds as `parseBottle`. */
export function parseAgent(file: AgentFile): Parsed<AgentManifest> {
  const read = readManifest(file, noun);
  if (!("report" in read)) return { ok: false, problems: read };
  const { root, report } = read;
  const checks = (): void => checkAgent(root, report, file.knownKinds);
  const yaml = judgeShape({ root, schema: agentYaml, report, recipe: () => undefined, checks });
  if (yaml === undefined) return { ok: false, problems: report.problems() };
  const { kind, bottle, skills = [], command, env = {} } = yaml;
  return {
    ok: true,
    value: {
      name: read.name, kind, bottle, skills, ...(command && { command }), env: envOf(env), prompt: read.body,
      source: sourceOf(file.file, root, read.index),
    },
  };
}

function checkAgent(root: LocatedMap, report: Report, kinds: readonly string[] | undefined): void {
  checkEnv(root, report);
  checkKind(root, report, kinds);
  checkSkills(root, report);
  const kind = textOf(valueAt(root, "kind"));
  const command = entryOf(root, "command");
  if (kind === "command" && !command) {
    report.add(valueAt(root, "kind") ?? root, { code: "command-missing", message: "Kind command needs `command`: the program and its arguments.", mend: "command: [my-agent, --auto]" });
  }
  if (kind !== "command" && kind !== undefined && command) {
    report.add(command.keyOffset, { code: "command-extra", message: `\`command\` is for kind: command; this agent is ${quote(kind)}.`, mend: "Remove it, or write kind: command." });
  }
  const words = itemsOf(command?.value);
  for (const word of words) if (textOf(word)?.includes("\0")) report.add(word, { code: "command-invalid", message: "A word of `command` holds a NUL character." });
  const [program] = words;
  if (program && textOf(program)?.trim() === "") report.add(program, { code: "command-invalid", message: "The program of `command` is empty.", mend: "command: [my-agent, --auto]" });
}

function checkKind(root: LocatedMap, report: Report, kinds: readonly string[] | undefined): void {
  const node = valueAt(root, "kind");
  const kind = textOf(node);
  if (!node || kind === undefined || kinds === undefined || kinds.includes(kind)) return;
  const meant = nearest(kind, kinds);
  report.add(node, {
    code: "kind-unknown",
    message: `There is no agent kind ${quote(kind)}.`,
    mend: `${meant === undefined ? "There are" : `Did you mean ${meant}? There are`}: ${kinds.join(", ")}`,
  });
}

function checkSkills(root: LocatedMap, report: Report): void {
  const seen = new Set<string>();
  for (const item of itemsOf(valueAt(root, "skills"))) {
    const skill = textOf(item);
    if (skill === undefined) continue;
    if (seen.has(skill)) report.add(item, { code: "skill-duplicate", message: `The skill ${quote(skill)} is here twice.`, mend: "Keep one of the two." });
    seen.add(skill);
  }
}
