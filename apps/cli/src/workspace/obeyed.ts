import type { BytePath } from "./byte-path.ts";
import type { Tree } from "./tree.ts";

// Read by programs of the operator as soon as the folder is opened, entered or built in, and able to run commands.
const obeyedNames = new Set([
  ".aider.conf.yml", ".bottle", ".claude", ".claude.json", ".codex", ".cursor", ".devcontainer", ".devcontainer.json", ".direnv", ".envrc", ".exrc", ".gemini",
  ".githooks", ".github", ".gitlab-ci.yml", ".gitmodules", ".husky", ".idea", ".lefthook.yml", "lefthook.yml", ".mcp.json", ".mise.toml", "mise.toml", ".npmrc",
  ".nvim.lua", ".nvimrc", ".opencode", "opencode.json", ".pnpmfile.cjs", ".pre-commit-config.yaml", ".tool-versions", ".vimrc", ".vscode", ".yarnrc", ".yarnrc.yml",
  ".zed", ".windsurf", ".roo", ".continue", ".nx", ".bashrc", ".profile", ".gdbinit", ".lldbinit",
  ".hg", ".jj", ".sl", ".cargo", ".mvn", ".yarn", ".pnp.cjs", ".pnp.loader.mjs", ".bazelrc", ".mise", ".mise.local.toml", "mise.local.toml", ".dir-locals.el", ".run",
  ".lefthook.yaml", "lefthook.yaml", ".lefthook-local.yml", "lefthook-local.yml", "opencode.jsonc", "crush.json", ".crush.json", ".cursorrules", ".windsurfrules",
  ".clinerules", ".kiro", ".fleet", ".vs", ".local.vimrc", ".lvimrc",
]);
// Opened by a click, and then obeyed as `.vscode` is; `.config` is where newer tools look in a project.
const obeyedForms = /(?:\.code-workspace|\.sublime-project|(?:^|\/)\.config\/mise(?:\.[^/]*)?(?:\/.*)?)$/i;

// Of a repository only this is plain data; hooks, config, info, modules, alternates and whatever comes later are not.
const plainGit = /^(?:HEAD|ORIG_HEAD|FETCH_HEAD|MERGE_HEAD|MERGE_MSG|CHERRY_PICK_HEAD|REVERT_HEAD|COMMIT_EDITMSG|index|packed-refs|refs|logs|objects)$/i;

/**
 * Whether programs on the operator's machine obey this path: hooks, editor and agent settings, a repository's own
 * configuration. Pure; case does not matter, since it does not on every file system.
 */
export function isObeyed(path: BytePath, tree: Tree): boolean {
  const names = path.split("/");
  if (names.some((name) => obeyedNames.has(name.toLowerCase())) || obeyedForms.test(path)) return true;
  const git = names.findIndex((name) => name.toLowerCase() === ".git");
  if (git !== -1) return isObeyedOfGit(names.slice(git + 1), tree.get(names.slice(0, git + 1).join("/"))?.type);
  return names.some((_, index) => isBareRepository(names.slice(0, index).join("/"), tree));
}

/** The repository a path belongs to, as the path of its `.git`; undefined for the project's own files. */
export function repositoryOf(path: BytePath): BytePath | undefined {
  const names = path.split("/");
  const git = names.findIndex((name) => name.toLowerCase() === ".git");
  return git === -1 ? undefined : names.slice(0, git + 1).join("/");
}

function isObeyedOfGit(inside: readonly string[], type: string | undefined): boolean {
  const [first] = inside;
  // `.git` as a file names another repository to obey.
  if (first === undefined) return type !== undefined && type !== "folder";
  return !plainGit.test(first) || (first.toLowerCase() === "objects" && inside[1]?.toLowerCase() === "info");
}

// git takes any folder with these three for a repository and obeys its config.
function isBareRepository(folder: BytePath, tree: Tree): boolean {
  if (folder === "") return tree.has("HEAD") && tree.has("objects") && tree.has("refs");
  return tree.has(`${folder}/HEAD`) && tree.has(`${folder}/objects`) && tree.has(`${folder}/refs`);
}
