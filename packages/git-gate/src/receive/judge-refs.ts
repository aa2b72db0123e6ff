import { judgeRef, type RefRefusal, type RefRules } from "./ref-rules.ts";
import type { RefUpdate } from "./ref-updates.ts";

/** Runs git in the repository and the quarantine of a push. */
export type Git = (args: readonly string[], input?: string) => Promise<{ readonly code: number | undefined; readonly stdout: Buffer }>;

const mostRefs = 1_000;

/** Judges the refs of a push before its objects are looked at. @throws Error if git fails */
export async function judgeRefs(git: Git, rules: RefRules, updates: readonly RefUpdate[]): Promise<readonly RefRefusal[]> {
  if (updates.length > mostRefs) return [{ ref: "", code: "too-many-refs", message: `The push changes ${updates.length} refs; ${mostRefs} are taken at once.` }];
  const [kinds, now] = await Promise.all([kindsOf(git, updates), refsNow(git, updates)]);
  const refusals: RefRefusal[] = [];
  for (const update of updates) {
    const refusal = judgeRef(rules, update, false)
      ?? judgeTarget(update, kinds)
      ?? judgeOld(update, now)
      ?? (await isRewind(git, update) ? judgeRef(rules, update, true) : undefined);
    if (refusal !== undefined) refusals.push(refusal);
  }
  return refusals;
}

async function isRewind(git: Git, { old, new: next, ref }: RefUpdate): Promise<boolean> {
  if (old === undefined || next === undefined || !ref.startsWith("refs/heads/")) return false;
  return (await git(["merge-base", "--is-ancestor", old, next])).code !== 0;
}

// A branch is of commits; a tag of a commit too, or what leads to it is not what people take it for.
function judgeTarget({ new: tip, ref }: RefUpdate, kinds: ReadonlyMap<string, string>): RefRefusal | undefined {
  return tip === undefined || kinds.get(ref) === "commit" ? undefined : { ref, code: "ref-kind", message: `${ref} would not point at a commit.` };
}

// Another push may have come first; the gate's refs are the upstream's.
function judgeOld({ old, ref }: RefUpdate, now: ReadonlyMap<string, string>): RefRefusal | undefined {
  return now.get(ref) === old ? undefined : { ref, code: "ref-changed", message: `${ref} has changed meanwhile. Fetch and try again.` };
}

async function kindsOf(git: Git, updates: readonly RefUpdate[]): Promise<ReadonlyMap<string, string>> {
  const made = updates.filter(({ new: tip }) => tip !== undefined);
  if (made.length === 0) return new Map();
  const asked = made.map(({ new: tip, ref }) => `${tip}${ref.startsWith("refs/heads/") ? "" : "^{}"}\n`).join("");
  const { code, stdout } = await git(["cat-file", "--batch-check=%(objecttype)"], asked);
  const lines = stdout.toString().split("\n");
  if (code !== 0 || lines.length !== made.length + 1) throw new Error("git cat-file failed.");
  return new Map(made.map(({ ref }, index) => [ref, lines[index] ?? ""]));
}

async function refsNow(git: Git, updates: readonly RefUpdate[]): Promise<ReadonlyMap<string, string>> {
  const { code, stdout } = await git(["for-each-ref", "--format=%(objectname) %(refname)", ...updates.map(({ ref }) => ref)]);
  if (code !== 0) throw new Error("git for-each-ref failed.");
  return new Map(stdout.toString().split("\n").flatMap((line) => {
    const at = line.indexOf(" ");
    return at === -1 ? [] : [[line.slice(at + 1), line.slice(0, at)] as const];
  }));
}
