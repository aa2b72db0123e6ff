import type { Fault } from "../rules/fault.ts";
import { isSshUpstream } from "../rules/upstream.ts";
import { quote } from "../text/visible.ts";
import { parseUpstream, upstreamKey } from "../upstream/address.ts";
import { entryOf, itemsOf, textOf, valueAt, type Located, type LocatedMap } from "../yaml/tree.ts";
import { checkPushRoutes, type DeclaredUpstream } from "./push-route-checks.ts";
import type { Report } from "./report.ts";

// Each is held against each route.
const mostUpstreams = 100;

/** The rules between values of a bottle's `git`, and between those and its routes. */
export function checkGit(root: LocatedMap, report: Report): void {
  const names = new Set<string>();
  const upstreams = new Map<string, DeclaredUpstream>();
  const items = itemsOf(valueAt(root, "git"));
  const beyond = items[mostUpstreams];
  if (beyond) report.add(beyond, { code: "git-too-many", message: `A bottle has at most ${mostUpstreams} git upstreams; from here on there are more.`, mend: "Declare those that the agent works on." });
  for (const item of items.slice(0, mostUpstreams)) {
    checkName(valueAt(item, "name"), names, report);
    checkSshKeys(item, report);
    const declared = readUpstream(item);
    if (declared === undefined) continue;
    const key = upstreamKey(declared.address);
    const other = upstreams.get(key);
    if (other) report.add(declared.node, repeatedFault(declared, other));
    else upstreams.set(key, declared);
  }
  checkPushRoutes(root, [...upstreams.values()], report);
}

function readUpstream(item: Located): DeclaredUpstream | undefined {
  const node = valueAt(item, "upstream");
  const text = textOf(node);
  const address = parseUpstream(text ?? "");
  if (node === undefined || text === undefined || address === undefined) return undefined;
  return { node, text, address, name: textOf(valueAt(item, "name")) ?? text };
}

function checkName(node: Located | undefined, names: Set<string>, report: Report): void {
  const name = textOf(node);
  if (node === undefined || name === undefined) return;
  if (names.has(name)) report.add(node, { code: "git-duplicate", message: `The git name ${quote(name)} is here twice.`, mend: "Keep one of the two, or rename it." });
  names.add(name);
}

// One copy, one queue and one set of rules for each repository: by a second way the rules of the first would not hold.
function repeatedFault({ text }: DeclaredUpstream, other: DeclaredUpstream): Fault {
  if (other.text === text) return { code: "git-duplicate", message: `The upstream ${quote(text)} is here twice.`, mend: "Keep one of the two, or rename it." };
  return {
    code: "git-duplicate", message: `${quote(text)} is the repository of ${quote(other.name)}, ${quote(other.text)}, reached in another way.`,
    mend: "Keep one of the two: inside, every spelling of it leads to the gate.",
  };
}

const onlySsh = [
  { keys: ["identity_file", "known_host_key"], because: "SSH; this upstream is not." },
  { keys: ["push", "tags", "force", "delete", "review"], because: "pushes; over HTTPS the gate has no credential, and nothing is pushed." },
] as const;

function checkSshKeys(item: Located, report: Report): void {
  const address = textOf(valueAt(item, "upstream"));
  if (address === undefined || isSshUpstream(address)) return;
  for (const { keys, because } of onlySsh) {
    for (const { key, keyOffset } of keys.flatMap((name) => entryOf(item, name) ?? [])) {
      report.add(keyOffset, { code: "git-key-unused", message: `\`${key}\` is for ${because}`, mend: "Remove it, or write the upstream as ssh://…" });
    }
  }
}
