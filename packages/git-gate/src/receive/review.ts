import { shown } from "../scan/scan-objects.ts";
import type { Git } from "./judge-refs.ts";

// What runs on the upstream's machines or on those of who takes it from there, or leads to other places.
const reviewed = [
  ".github/workflows", ".github/actions", ".gitea/workflows", ".forgejo/workflows", ".gitlab-ci.yml", ".gitlab/ci", ".circleci", ".woodpecker", ".woodpecker.yml", ".buildkite",
  ".drone.yml", ".travis.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", "jenkinsfile", ".gitmodules", ".lfsconfig", ".husky", ".githooks", "hooks",
  ".pre-commit-config.yaml", "lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml",
];

/**
 * The paths among what the operator looks at first that any new commit changes against any of its parents: not of the end alone, since
 * a later push may begin a branch at what this one brings.
 * @throws Error if git fails
 */
export async function reviewedPaths(git: Git, tips: readonly string[]): Promise<readonly string[]> {
  const pathspecs = reviewed.flatMap((path) => [`:(top,icase)${path}`, `:(top,icase)${path}/**`]);
  const { code, stdout } = await git(["log", "-m", "--root", "--full-history", "--no-renames", "--name-only", "-z", "--format=", ...tips, "--not", "--all", "--", ...pathspecs]);
  if (code !== 0) throw new Error("git log failed.");
  return [...new Set(stdout.toString("latin1").split(/[\0\n]/).filter((path) => path !== ""))].map(shown).sort();
}
