import type { Problem } from "../model.ts";
import { nameRule } from "../rules/name.ts";
import { decode } from "../text/decode.ts";
import { splitFrontmatter } from "../text/frontmatter.ts";
import { indexText, type TextIndex } from "../text/position.ts";
import { visible } from "../text/visible.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import type { LocatedMap } from "../yaml/tree.ts";
import { createReport, type Report } from "./report.ts";

/** One file, as it was read. */
export interface ManifestFile {
  /** The path to name in problems; its base name without `.md` is the manifest's name. */
  readonly file: string;
  readonly text: string | Uint8Array;
}

/** A file whose frontmatter is YAML; what the YAML says is still to be judged. */
export interface ReadManifest {
  readonly name: string;
  readonly root: LocatedMap;
  readonly body: string;
  readonly index: TextIndex;
  readonly report: Report;
}

/** What is read, for messages and mends. */
export interface ManifestNoun {
  readonly noun: "an agent" | "a bottle";
  /** The smallest file of this kind. */
  readonly example: string;
}

const longestFile = 2 ** 20;
const longestFrontmatter = 2 ** 16;

/** Reads a file down to its YAML: size, encoding, name, frontmatter, syntax. */
export function readManifest(source: ManifestFile, noun: ManifestNoun): ReadManifest | readonly Problem[] {
  const first = (code: string, message: string, mend: string, place = { line: 1, column: 1 }): readonly Problem[] =>
    [{ code, file: source.file, ...place, message, mend }];
  const size = source.text.length;
  if (size > longestFile) {
    return first("file-too-big", `The file has ${size} ${typeof source.text === "string" ? "characters" : "bytes"}; at most ${longestFile} are read.`,
      "Move long text into a skill, or into a file of the workspace.");
  }
  const decoded = decode(source.text);
  if (!decoded.ok) return first("file-not-utf8", "The file is not UTF-8 from here on.", "Save it as UTF-8.", decoded.place);
  const report = createReport(source.file, indexText(decoded.text));
  const name = nameOf(source.file, noun, report);
  const parts = splitFrontmatter(decoded.text);
  if (!parts.ok) {
    report.add(parts.offset, frontmatterFaults[parts.reason](noun));
    return report.problems();
  }
  refuseControls(parts, report);
  const root = report.problems().length > (name === undefined ? 1 : 0) ? undefined : readRoot(parts, noun, report);
  if (root === undefined) return report.problems();
  return { name: name ?? "", root, body: parts.body, index: indexText(decoded.text), report };
}

const frontmatterFaults = {
  missing: ({ noun, example }: ManifestNoun) => ({
    code: "frontmatter-missing", message: `The file does not start with frontmatter, which says what ${noun.replace(/^an? /, "")} it is.`, mend: example,
  }),
  late: () => ({ code: "frontmatter-missing", message: "The frontmatter does not start on the first line.", mend: "Remove the lines above it." }),
  unterminated: () => ({ code: "frontmatter-unterminated", message: "The frontmatter that starts here has no end.", mend: "Put a line with --- below the YAML." }),
} as const;

interface Parts {
  readonly yaml: string;
  readonly yamlOffset: number;
  readonly body: string;
  readonly bodyOffset: number;
}

function readRoot({ yaml, yamlOffset }: Parts, noun: ManifestNoun, report: Report): LocatedMap | undefined {
  if (yaml.length > longestFrontmatter) {
    report.add(yamlOffset, { code: "frontmatter-too-big", message: `The frontmatter has ${yaml.length} characters; at most ${longestFrontmatter} are read.`, mend: "Put text for people below the closing ---." });
    return undefined;
  }
  const { root, faults } = readYaml(yaml, yamlOffset);
  for (const { offset, ...fault } of faults) report.add(offset, fault);
  if (faults.length > 0) return undefined;
  if (root?.kind === "map") return root;
  if (root === undefined && noun.noun === "a bottle") return { kind: "map", offset: yamlOffset, entries: [] };
  report.add(root?.offset ?? 0, { code: "frontmatter-empty", message: `The frontmatter holds ${root === undefined ? "nothing" : "no keys"}.`, mend: noun.example });
  return undefined;
}

function nameOf(file: string, { noun }: ManifestNoun, report: Report): string | undefined {
  const base = file.split(/[/\\]/).at(-1) ?? "";
  const name = base.replace(/\.md$/, "");
  const fault = base === name
    ? { code: "file-name", message: `"${visible(base.slice(0, 80))}" does not end with .md.`, mend: "Rename the file." }
    : nameRule(noun)(name);
  if (fault) report.add(0, fault);
  return fault ? undefined : name;
}

const unprintable = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\u061c\ufeff]|\r(?!\n)/g;
const mostShown = 10;

// Hidden characters make a file read otherwise than it looks (CVE-2021-42574). A body goes to a program's argv: no NUL.
function refuseControls({ yaml, yamlOffset, body, bodyOffset }: Parts, report: Report): void {
  let shown = 0;
  for (const match of yaml.matchAll(unprintable)) {
    if ((shown += 1) > mostShown) break;
    report.add(yamlOffset + match.index, {
      code: "character-hidden",
      message: `The character ${visible(match[0])} does not show, or makes the line read otherwise than it is.`,
      mend: "Remove it. Inside a value write it as an escape in double quotes.",
    });
  }
  if (body.includes("\0")) report.add(bodyOffset, { code: "character-hidden", message: "The text below the frontmatter holds a NUL character.", mend: "Remove it." });
}
