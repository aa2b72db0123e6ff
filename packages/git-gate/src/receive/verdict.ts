import type { PushFinding } from "../scan/finding.ts";
import type { RefRefusal } from "./ref-rules.ts";

/** What was decided of a push, with what is said to whoever pushed. */
export interface Verdict {
  readonly accepted: boolean;
  /** A code for the log. */
  readonly reason: string;
  readonly say: readonly string[];
  readonly objects?: number;
  readonly bytes?: number;
  readonly findings?: readonly PushFinding[];
}

const mostShown = 10;

/** What is said of refs that may not change. */
export function refusedRefs(refusals: readonly RefRefusal[], howToAsk: string): Verdict {
  return { accepted: false, reason: refusals[0]?.code ?? "ref-kind", say: [...refusals.slice(0, mostShown).map(({ message }) => `bottle: refused: ${message}`), `bottle: ${howToAsk}`] };
}

/** What is said of refs whose names hold what must not leave. */
export function secretInRef(rules: readonly string[], howToAsk: string): Verdict {
  return { accepted: false, reason: "secret-in-ref", say: [`bottle: refused: the name of a branch or tag holds ${rules.join(", ")}. Choose another.`, `bottle: ${howToAsk}`] };
}

/** What is said of findings: where each is, never what, and how to get rid of it. */
export function refusedFindings(findings: readonly PushFinding[], facts: { readonly objects: number; readonly bytes: number; readonly howToAsk: string }): Verdict {
  const { howToAsk, ...counts } = facts;
  const more = findings.length > mostShown ? [`bottle: … and ${findings.length - mostShown} more.`] : [];
  return {
    accepted: false, reason: findings.some(({ kind }) => kind !== "unscannable") ? "secret-found" : "unscannable", findings, ...counts,
    say: [
      "bottle: refused: the push brings what must not leave.",
      ...findings.slice(0, mostShown).map((finding) => `bottle:   ${describe(finding)}`), ...more,
      "bottle: Every new commit counts, also if a later one removes it: rewrite them (git rebase -i, git commit --amend, or git filter-branch), then push again.",
      `bottle: If it is no secret: ${howToAsk}`,
    ],
  };
}

function describe({ rule, kind, type, path, line, within, commit, object }: PushFinding): string {
  const what = kind === "unscannable" ? `cannot be read (${rule})` : kind === "lfs" ? "is a pointer to Git LFS, whose objects the gate does not take" : `holds ${rule}`;
  const place = path === undefined ? `the ${type} ${object.slice(0, 12)}` : `${path}${line === undefined ? "" : `:${line}`}`;
  return `${place} ${what}${within === undefined ? "" : ` (in ${within})`}${commit === undefined ? "" : `, commit ${commit.slice(0, 12)}`}`;
}

/** While the gate is frozen. */
export const frozenVerdict: Verdict = { accepted: false, reason: "frozen", say: ["bottle: refused: the git gate is frozen."] };

/** Of a repository that is declared no more, or in another way, since the push began. */
export const retiredVerdict: Verdict = { accepted: false, reason: "repository-changed", say: ["bottle: refused: the operator has just changed how this repository is declared. Fetch, and push again."] };

/** For what no hook of ours asks. */
export const unreadable: Verdict = { accepted: false, reason: "unreadable", say: ["bottle: refused: the names of the refs could not be read. They have to be UTF-8, without spaces and hidden characters."] };
