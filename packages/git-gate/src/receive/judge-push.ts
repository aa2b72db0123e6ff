import { createScanner, type KnownSecret } from "@bottle/secret-scan";
import { newObjects, WalkError } from "../git/objects.ts";
import type { Gitleaks } from "../gitleaks/find-gitleaks.ts";
import { scanBeside } from "../gitleaks/second-scan.ts";
import { type Command, run } from "../git/run.ts";
import type { GateLimits, GateRepository, HeldPush, HeldPushes } from "../options.ts";
import type { PushFinding } from "../scan/finding.ts";
import { scanObjects, shown } from "../scan/scan-objects.ts";
import type { Remote } from "../upstream/remote.ts";
import type { HookQuestion } from "./hook.ts";
import { judgeRef, type RefRefusal, type RefRules } from "./ref-rules.ts";
import type { RefUpdate } from "./ref-updates.ts";
import { refusedFindings, refusedRefs, type Verdict } from "./verdict.ts";

/** What a push is judged by. */
export interface Judge {
  readonly repository: GateRepository;
  /** A command of git in the bare repository. */
  readonly git: (args: readonly string[], more: Readonly<Record<string, string>>) => Command;
  readonly remote: Remote;
  readonly secrets: readonly KnownSecret[];
  readonly canaries: readonly KnownSecret[];
  readonly packs: readonly ("entropy" | "pii" | "bip39")[];
  readonly limits: GateLimits;
  readonly gitleaks?: Gitleaks | undefined;
  readonly held?: HeldPushes | undefined;
  readonly howToAsk: string;
  /** Told before a clean push goes to the upstream. `false`: it could not be recorded, so it does not go. */
  readonly onClean: (counts: { readonly objects: number; readonly bytes: number }) => boolean;
}

type Git = (...args: readonly string[]) => Promise<{ readonly code: number | undefined; readonly text: string }>;

// What runs on the upstream's machines, or leads to other places, once it is there.
const reviewed = [".github/workflows", ".github/actions", ".gitlab-ci.yml", ".gitlab/ci", ".gitmodules", ".husky", ".githooks", "hooks"];

/** Judges a push whose objects are in git's quarantine, and forwards it if it is clean. Never throws: what fails is refused. */
export async function judgePush(judge: Judge, question: HookQuestion): Promise<Verdict> {
  try {
    return await judgeAll(judge, question);
  } catch (error) {
    if (error instanceof WalkError) return failed(error.code, error.message, judge.howToAsk);
    return failed("internal", "the push could not be looked through.", judge.howToAsk);
  }
}

async function judgeAll(judge: Judge, { updates, quarantine }: HookQuestion): Promise<Verdict> {
  const { howToAsk, limits, repository } = judge;
  const git: Git = async (...args) => {
    const { code, stdout } = await run(judge.git(args, quarantine), { timeoutMs: limits.scanMs });
    return { code, text: stdout.toString("latin1").trim() };
  };
  const refusals = await judgeRefs(git, rulesOf(repository), updates);
  if (refusals.length > 0) return refusedRefs(refusals, howToAsk);
  const tips = [...new Set(updates.flatMap(({ new: tip }) => tip === undefined ? [] : [tip]))];
  const scanned = tips.length === 0 ? { objects: 0, bytes: 0, findings: [] } : await scan(judge, quarantine, tips);
  const findings = await withCommits(git, scanned.findings, tips);
  const review = repository.review === true && tips.length > 0 ? await reviewedPaths(git, tips) : [];
  const counts = { objects: scanned.objects, bytes: scanned.bytes };
  if (findings.length > 0 || review.length > 0) {
    const push: HeldPush = { repository: repository.name, updates: updates.map(plain), findings, review };
    if (!await judge.held?.isReleased(push)) return hold(judge, push, counts);
  }
  if (!judge.onClean(counts)) return failed("unrecorded", "the push could not be recorded, and the gate is frozen.", howToAsk);
  const { accepted, words } = await judge.remote.push(updates, quarantine);
  if (accepted) return { accepted, reason: "accepted", say: words === "" ? [] : words.split("\n"), ...counts };
  return { accepted, reason: "upstream-refused", say: ["bottle: clean, but the upstream did not take it:", ...words.split("\n")], ...counts };
}

async function scan(judge: Judge, quarantine: Readonly<Record<string, string>>, tips: readonly string[]): ReturnType<typeof scanObjects> {
  const { secrets, canaries, packs, limits } = judge;
  const scanner = createScanner({ known: secrets, canaries, packs, limits: { inflatedBytes: limits.objectBytes, wholeBytes: limits.objectBytes } });
  const signal = AbortSignal.timeout(limits.scanMs);
  const walk = newObjects((args) => ({ ...judge.git(args, quarantine), signal }), tips, limits);
  try {
    return await scanBeside(judge.gitleaks, walk, { scan: (objects) => scanObjects(objects, scanner), signal });
  } catch (error) {
    throw signal.aborted ? new WalkError("limit-time", `The push could not be looked through within ${limits.scanMs / 1000} s.`) : error;
  }
}

async function hold(judge: Judge, push: HeldPush, counts: { readonly objects: number; readonly bytes: number }): Promise<Verdict> {
  const asked = await judge.held?.hold(push);
  const howToAsk = asked ?? judge.howToAsk;
  if (push.findings.length > 0) return refusedFindings(push.findings, { ...counts, howToAsk });
  return {
    accepted: false, reason: "review", ...counts,
    say: ["bottle: held: the operator looks at changes of these first:", ...push.review.slice(0, 20).map((path) => `bottle:   ${path}`), `bottle: ${howToAsk}`],
  };
}

function rulesOf({ push = ["**"], tags = false, force = [], delete: deletable = [] }: GateRepository): RefRules {
  return { push, tags, force, delete: deletable };
}

async function judgeRefs(git: Git, rules: RefRules, updates: readonly RefUpdate[]): Promise<readonly RefRefusal[]> {
  const refusals: RefRefusal[] = [];
  for (const update of updates) {
    const refusal = judgeRef(rules, update, await isRewind(git, update)) ?? await judgeTarget(git, update) ?? await judgeOld(git, update);
    if (refusal !== undefined) refusals.push(refusal);
  }
  return refusals;
}

async function isRewind(git: Git, { old, new: next, ref }: RefUpdate): Promise<boolean> {
  if (old === undefined || next === undefined || !ref.startsWith("refs/heads/")) return false;
  return (await git("merge-base", "--is-ancestor", old, next)).code !== 0;
}

// A branch is of commits; a tag of a commit too, or what leads to it is not what people take it for.
async function judgeTarget(git: Git, { new: tip, ref }: RefUpdate): Promise<RefRefusal | undefined> {
  if (tip === undefined) return undefined;
  const target = ref.startsWith("refs/heads/") ? tip : `${tip}^{}`;
  const { code, text } = await git("cat-file", "-t", target);
  return code === 0 && text === "commit" ? undefined : { ref, code: "ref-kind", message: `${ref} would not point at a commit.` };
}

// Another push may have come first; the gate's refs are the upstream's.
async function judgeOld(git: Git, { old, ref }: RefUpdate): Promise<RefRefusal | undefined> {
  const { code, text } = await git("rev-parse", "--quiet", "--verify", ref);
  const now = code === 0 ? text : undefined;
  return now === old ? undefined : { ref, code: "rewind-not-allowed", message: `${ref} has changed meanwhile. Fetch and try again.` };
}

// A commit for each, so that it can be found: the newest of the push in which it comes or goes.
async function withCommits(git: Git, findings: readonly PushFinding[], tips: readonly string[]): Promise<readonly PushFinding[]> {
  const located: PushFinding[] = [];
  for (const finding of findings) {
    const isContent = finding.type === "blob" || finding.type === "tree";
    if (finding.type === "commit") located.push({ ...finding, commit: finding.object });
    else if (!isContent || located.length >= 10) located.push(finding);
    else {
      const { code, text } = await git("log", "-m", "-t", "--root", "--max-count=1", "--format=%H", `--find-object=${finding.object}`, ...tips, "--not", "--all", "--");
      const [commit] = /^[0-9a-f]{40,64}/.exec(text) ?? [];
      located.push(code === 0 && commit !== undefined ? { ...finding, commit } : finding);
    }
  }
  return located;
}

async function reviewedPaths(git: Git, tips: readonly string[]): Promise<readonly string[]> {
  const pathspecs = reviewed.flatMap((path) => [`:(top,icase)${path}`, `:(top,icase)${path}/**`]);
  const { code, text } = await git("log", "-m", "--root", "--no-renames", "--name-only", "-z", "--format=", ...tips, "--not", "--all", "--", ...pathspecs);
  if (code !== 0) throw new Error("git log failed.");
  return [...new Set(text.split(/[\0\n]/).filter((path) => path !== ""))].map(shown).sort();
}

function plain({ ref, old, new: next }: RefUpdate): HeldPush["updates"][number] {
  return { ref, ...(old === undefined ? {} : { old }), ...(next === undefined ? {} : { new: next }) };
}

function failed(reason: string, message: string, howToAsk: string): Verdict {
  return { accepted: false, reason, say: [`bottle: refused: ${message}`, `bottle: ${howToAsk}`] };
}
