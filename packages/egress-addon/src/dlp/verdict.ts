import type { Finding } from "@bottle/secret-scan";
import type { DlpAction } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";

/** What stands before the name of a value that a route puts on the wire: it was never inside, so that it may not leave from there. */
export const credentialMark = "credential ";

/**
 * Why findings refuse a request; undefined if they do not. A route's credential and a canary are refused whatever the route says;
 * forms of low severity, which ordinary texts have too, are noted alone.
 */
export function refusalFor(findings: readonly Finding[], action: DlpAction): Extract<RefusalReason, "secret-found" | "unscannable"> | undefined {
  if (findings.length === 0) return undefined;
  if (findings.some(isAlarm)) return "secret-found";
  if (action !== "block") return undefined;
  if (findings.some(({ kind, severity }) => kind !== "unscannable" && severity !== "low")) return "secret-found";
  return findings.some(({ kind }) => kind === "unscannable") ? "unscannable" : undefined;
}

/** Whether the operator should look at it: nobody inside has a reason to have this. */
export function isAlarm({ kind, rule }: Pick<Finding, "kind" | "rule">): boolean {
  return kind === "canary" || (kind === "known" && rule.startsWith(credentialMark));
}

/** What is said of something that was not scanned for its length. */
export function tooLarge(where: string): Finding {
  return { rule: "too-large", kind: "unscannable", where, via: [], severity: "medium" };
}
