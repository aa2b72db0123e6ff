import type { GitEvent, GitFinding, RefChange } from "@bottle/manifest";

/** A fetch or push in one line: `push app: agent/one 1234567..89abcde  accepted  (4 objects, 812 bytes)`, with where a finding is. */
export function gitLine({ op, repository, reason, identityFile, refs = [], moreRefs = 0, objects, bytes, findings = [] }: GitEvent): string {
  const changes = [...refs.map((ref) => (op === "fetch" ? describeTip(ref) : describeChange(ref))), ...(moreRefs > 0 ? [`${moreRefs} more`] : [])].join(", ");
  const amount = objects === undefined ? "" : `  (${objects} object${objects === 1 ? "" : "s"}${bytes === undefined ? "" : `, ${bytes} bytes`})`;
  const found = findings.length === 0 ? "" : `  ${findings.map(describeFinding).join(", ")}`;
  const credential = identityFile === undefined ? "" : `, with ${identityFile}`;
  return `${op} ${repository}${changes === "" ? "" : `: ${changes}`}  ${reason}${credential}${amount}${found}`;
}

function describeTip({ ref, new: tip }: RefChange): string {
  return `${shortName(ref)} at ${short(tip)}`;
}

/** A change of one ref: `agent/one 1234567..89abcde`. */
export function describeChange({ ref, old, new: next }: RefChange): string {
  const name = shortName(ref);
  if (next === undefined) return `${name} deleted (was ${short(old)})`;
  return old === undefined ? `${name} new at ${short(next)}` : `${name} ${short(old)}..${short(next)}`;
}

/** What was found, and where. */
export function describeFinding({ rule, type, object, path, line, commit }: GitFinding): string {
  const place = path === undefined ? `${type} ${short(object)}` : `${path}${line === undefined ? "" : `:${line}`}`;
  return `${rule} in ${place}${commit === undefined ? "" : ` (commit ${short(commit)})`}`;
}

function shortName(ref: string): string {
  return ref.replace(/^refs\/heads\//, "");
}

function short(id = ""): string {
  return id.slice(0, 12);
}
