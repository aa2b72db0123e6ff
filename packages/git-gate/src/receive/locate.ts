import type { PushFinding } from "../scan/finding.ts";
import type { Git } from "./judge-refs.ts";

const mostLocated = 10;

/** A commit for each of the first findings, so that it can be found: the newest of the push in which it comes or goes. What cannot be found goes without. */
export async function withCommits(git: Git, findings: readonly PushFinding[], tips: readonly string[]): Promise<readonly PushFinding[]> {
  const located: PushFinding[] = [];
  for (const [index, finding] of findings.entries()) located.push(index < mostLocated ? await locate(git, finding, tips) : finding);
  return located;
}

async function locate(git: Git, finding: PushFinding, tips: readonly string[]): Promise<PushFinding> {
  if (finding.type === "commit") return { ...finding, commit: finding.object };
  if (finding.type === "tag") return finding;
  try {
    const { code, stdout } = await git(["log", "-m", "-t", "--root", "--max-count=1", "--format=%H", `--find-object=${finding.object}`, ...tips, "--not", "--all", "--"]);
    const [commit] = /^[0-9a-f]{40,64}/.exec(stdout.toString("latin1").trim()) ?? [];
    return code === 0 && commit !== undefined ? { ...finding, commit } : finding;
  } catch {
    return finding;
  }
}
