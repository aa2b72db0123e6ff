import type { KnownSecret } from "@bottle/secret-scan";
import { WalkError } from "../git/objects.ts";
import type { Gitleaks } from "../gitleaks/find-gitleaks.ts";
import { type Command, run } from "../git/run.ts";
import type { GateLimits, GateRepository, HeldPush, HeldPushes } from "../options.ts";
import type { Scans } from "../scan/scan-push.ts";
import type { Remote } from "../upstream/remote.ts";
import type { HookQuestion } from "./hook.ts";
import { type Git, judgeRefs } from "./judge-refs.ts";
import { withCommits } from "./locate.ts";
import type { RefRules } from "./ref-rules.ts";
import type { RefUpdate } from "./ref-updates.ts";
import { reviewedPaths } from "./review.ts";
import { frozenVerdict, refusedFindings, refusedRefs, secretInRef, type Verdict } from "./verdict.ts";

/** What a push is judged by. */
export interface Judge {
  readonly repository: GateRepository;
  /** A command of git in the bare repository. */
  readonly git: (args: readonly string[], more: Readonly<Record<string, string>>) => Command;
  readonly remote: Remote;
  readonly scans: Scans;
  readonly secrets: readonly KnownSecret[];
  readonly canaries: readonly KnownSecret[];
  readonly packs: readonly ("entropy" | "pii" | "bip39")[];
  readonly limits: GateLimits;
  readonly gitleaks?: Gitleaks | undefined;
  readonly held?: HeldPushes | undefined;
  readonly howToAsk: string;
  /** Told before a clean push goes to the upstream. `false`: it could not be recorded, so it does not go. */
  readonly onClean: (counts: { readonly objects: number; readonly bytes: number }) => boolean;
  /** Whoever pushed has gone: nothing more is looked through. */
  readonly gone: AbortSignal;
  /** The gate is frozen: nothing more goes to the upstream. */
  readonly frozen: AbortSignal;
}

const locateMs = 20_000;

/** Judges a push whose objects are in git's quarantine, and forwards it if it is clean. Never throws: what fails is refused. */
export async function judgePush(judge: Judge, question: HookQuestion): Promise<Verdict> {
  try {
    return await judgeAll(judge, question);
  } catch (error) {
    if (judge.gone.aborted) return failed("broken-off", "the connection broke off.", judge.howToAsk);
    if (judge.frozen.aborted) return frozenVerdict;
    if (error instanceof WalkError) return failed(error.code, error.message, judge.howToAsk);
    return failed("internal", "the push could not be looked through.", judge.howToAsk);
  }
}

async function judgeAll(judge: Judge, { updates, quarantine }: HookQuestion): Promise<Verdict> {
  const { howToAsk, limits, repository, gone, frozen } = judge;
  const late = AbortSignal.timeout(limits.scanMs);
  const signal = AbortSignal.any([late, gone, frozen]);
  const gitUntil = (ends: AbortSignal): Git => (args, input) => run({ ...judge.git(args, quarantine), signal: ends }, { timeoutMs: limits.scanMs, ...(input !== undefined && { input }) });
  const git = gitUntil(signal);
  const inTime = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw late.aborted ? new WalkError("limit-time", `The push could not be looked through within ${limits.scanMs / 1000} s.`) : error;
    }
  };
  const refusals = await inTime(judgeRefs(git, rulesOf(repository), updates));
  if (refusals.length > 0) {
    const { inRefs } = await inTime(scan(judge, { updates, quarantine }, [], signal));
    return inRefs.length > 0 ? secretInRef(inRefs, howToAsk) : refusedRefs(refusals, howToAsk);
  }
  const tips = [...new Set(updates.flatMap(({ new: tip }) => tip === undefined ? [] : [tip]))];
  const scanned = await inTime(scan(judge, { updates, quarantine }, tips, signal));
  if (scanned.inRefs.length > 0) return secretInRef(scanned.inRefs, howToAsk);
  const findings = await withCommits(gitUntil(AbortSignal.any([signal, AbortSignal.timeout(locateMs)])), scanned.findings, tips);
  const review = repository.review === true && tips.length > 0 ? await inTime(reviewedPaths(git, tips)) : [];
  const counts = { objects: scanned.objects, bytes: scanned.bytes };
  const push: HeldPush = { repository: repository.name, updates: updates.map(plain), findings, review, ...(scanned.unlisted > 0 && { unlisted: scanned.unlisted }) };
  const isHeld = findings.length > 0 || review.length > 0;
  if (isHeld && !await judge.held?.isReleased(push)) return hold(judge, push, counts);
  if (gone.aborted) return failed("broken-off", "the connection broke off.", howToAsk);
  if (frozen.aborted) return frozenVerdict;
  if (!judge.onClean(counts)) return failed("unrecorded", "the push could not be recorded, and the gate is frozen.", howToAsk);
  const { accepted, words } = await judge.remote.push(updates, quarantine, frozen);
  if (accepted && isHeld) judge.held?.taken(push);
  if (accepted) return { accepted, reason: "accepted", say: words === "" ? [] : words.split("\n"), ...counts };
  return { accepted, reason: "upstream-refused", say: ["bottle: clean, but the upstream did not take it:", ...words.split("\n")], ...counts };
}

function scan({ git, scans, secrets, canaries, packs, limits, gitleaks }: Judge, { updates, quarantine }: HookQuestion, tips: readonly string[], signal: AbortSignal): ReturnType<Scans["scan"]> {
  const { argv, env } = git([], quarantine);
  const { objects, objectBytes, bytes } = limits;
  const refs = updates.map(({ ref }) => ref);
  return scans.scan({ git: { argv, env }, tips, refs, limits: { objects, objectBytes, bytes }, secrets, canaries, packs, gitleaks }, signal);
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

function plain({ ref, old, new: next }: RefUpdate): HeldPush["updates"][number] {
  return { ref, ...(old === undefined ? {} : { old }), ...(next === undefined ? {} : { new: next }) };
}

function failed(reason: string, message: string, howToAsk: string): Verdict {
  return { accepted: false, reason, say: [`bottle: refused: ${message}`, `bottle: ${howToAsk}`] };
}
