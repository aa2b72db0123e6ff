import type { KnownSecret } from "@bottle/secret-scan";
import type { Gitleaks } from "../gitleaks/find-gitleaks.ts";
import type { WalkError, WalkLimits } from "../git/objects.ts";
import type { ScannedPush } from "./scan-objects.ts";

/** All that the scan of a push is told: plain data, which goes to the process that does it. */
export interface ScanJob {
  /** `git` up to its arguments, and its environment with the push's quarantine. */
  readonly git: { readonly argv: readonly [string, ...string[]]; readonly env: Readonly<Record<string, string>> };
  readonly tips: readonly string[];
  /** Names, which are at the upstream for all to see as well. */
  readonly refs: readonly string[];
  readonly limits: WalkLimits;
  readonly secrets: readonly KnownSecret[];
  readonly canaries: readonly KnownSecret[];
  readonly packs: readonly ("entropy" | "pii" | "bip39")[];
  /** Looks through it as well. */
  readonly gitleaks?: Gitleaks | undefined;
}

/** What the process answers, once for each. */
export type ScanAnswer =
  | { readonly kind: "scanned"; readonly push: ScannedPush & ScannedRefs }
  | { readonly kind: "walk-failed"; readonly code: WalkError["code"]; readonly message: string };

/** What was found in the names of the refs: rules. */
export interface ScannedRefs {
  readonly inRefs: readonly string[];
}

/** By which a process knows what it is for. */
export const scanJobKind = "bottle git-gate scan";
