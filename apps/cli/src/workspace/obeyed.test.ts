import { expect, test } from "vitest";
import { isObeyed, repositoryOf } from "./obeyed.ts";
import { parseTree, type Tree } from "./tree.ts";

const folders = (...paths: readonly string[]): Tree => parseTree(paths.map((path) => `d 755 0 1.0 1.0 1 - \0${path}\0`).join(""));

test.each([
  ".git/hooks/pre-commit", ".git/config", ".git/config.worktree", ".git/info/attributes", ".git/modules/x/config", ".git/objects/info/alternates",
  ".git/commondir", ".GIT/HOOKS/post-checkout", "sub/.git/config", ".claude/settings.json", ".claude/settings.local.json", "deep/.vscode/tasks.json", ".envrc",
  ".mcp.json", ".Husky/pre-push", ".npmrc", ".github/workflows/ci.yml", ".bottle/bottles/dev.md", ".git/something-new",
])("%s takes a consent of its own", (path) => {
  expect(isObeyed(path, folders(".git", ".GIT", "sub/.git"))).toBe(true);
});

test.each([
  "src/index.ts", ".git/HEAD", ".git/refs/heads/main", ".git/objects/ab/cdef", ".git/objects/pack/pack-1.pack", ".git/index", ".git/logs/HEAD", ".gitignore",
  "config", "hooks/a.ts", "README.md", "claude/x", ".env",
])("%s comes home with the rest", (path) => {
  expect(isObeyed(path, folders(".git"))).toBe(false);
});

test("a .git that is a file leads to another repository, so it takes consent", () => {
  expect(isObeyed("sub/.git", parseTree("f 644 1 1.0 1.0 1 - \0sub/.git\0"))).toBe(true);
});

test("a folder that git would take for a repository takes consent whole", () => {
  const tree = parseTree(["d", "f", "d", "d", "f"].map((type, index) => `${type} 644 0 1.0 1.0 1 - \0${["x", "x/HEAD", "x/objects", "x/refs", "x/config"][index] ?? ""}\0`).join(""));
  expect([isObeyed("x/config", tree), isObeyed("x/hooks/pre-commit", tree), isObeyed("y/config", tree)]).toEqual([true, true, false]);
});

test("paths know their repository", () => {
  expect([repositoryOf(".git/a/b"), repositoryOf("x/.git"), repositoryOf("a/b")]).toEqual([".git", "x/.git", undefined]);
});

test.each([
  ".hg/hgrc", ".jj/repo/config.toml", ".sl/config", ".cargo/config.toml", "sub/.mvn/extensions.xml", ".yarn/releases/yarn-4.cjs", ".pnp.cjs", ".bazelrc", "mise.local.toml",
  ".mise.local.toml", ".mise/config.toml", ".config/mise.toml", ".dir-locals.el", "lefthook.yaml", "lefthook-local.yml", "opencode.jsonc", "app.code-workspace", ".run/x.run.xml",
  ".cursorrules", ".clinerules", ".kiro/hooks/x", "crush.json", "x.sublime-project",
])("%s can run commands here and takes a consent of its own", (path) => {
  expect(isObeyed(path, new Map())).toBe(true);
});
