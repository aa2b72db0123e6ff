import type { Finding } from "@bottle/secret-scan";
import type { DlpAction } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";

/**
 * Why findings refuse a request; undefined if they do not. A known value is refused whatever the route says; forms of low severity,
 * which ordinary texts have too, are noted alone.
 */
export function refusalFor(findings: readonly Finding[], action: DlpAction): Extract<RefusalReason, "secret-found" | "unscannable"> | undefined {
  if (findings.length === 0) return undefined;
  const isHeld = findings.some(({ kind }) => kind === "known" || kind === "canary");
  if (isHeld) return "secret-found";
  if (action !== "block") return undefined;
  if (findings.some(({ kind, severity }) => kind !== "unscannable" && severity !== "low")) return "secret-found";
  return findings.some(({ kind }) => kind === "unscannable") ? "unscannable" : undefined;
}
