import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OpenRequest } from "@bottle/backend-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prepareWorkspace, requireSeen, type WorkspaceView } from "./workspace.ts";

let root: string;
let project: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "bottle-lids-"));
  project = join(root, "project");
  await mkdir(join(root, "private"));
  await writeFile(join(root, "private", "config"), "secret\n");
  await mkdir(join(project, ".vscode"), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const look = (): Promise<WorkspaceView> => prepareWorkspace({ spec: { workspace: { mode: "bind", source: project }, resume: false } } as unknown as OpenRequest);
// The test's own root stands for the bottle's: what is seen at the source is what a mount of it would show.
const onHost = (view: WorkspaceView): WorkspaceView["seen"] => view.seen.map((seen) => ({ ...seen, target: seen.target.replace("/workspace", project) }));

test("what is mounted is what was looked at, or the launch ends", async () => {
  const view = await look();
  expect(view.seen.map(({ target }) => target)).toEqual(["/workspace", "/workspace/.vscode"]);
  await expect(requireSeen(process.pid, onHost(view))).resolves.toBeUndefined();
  await rename(join(project, ".vscode"), join(project, "away"));
  await symlink(join(root, "private"), join(project, ".vscode"));
  await expect(requireSeen(process.pid, onHost(view))).rejects.toMatchObject({ code: "workspace-failed", message: expect.stringContaining(".vscode") });
});

test("a folder that a link stands for is not taken for a repository, and nothing behind it is mounted", async () => {
  await mkdir(join(root, "private", "repo"));
  await writeFile(join(root, "private", "repo", "config.toml"), "secret\n");
  for (const name of [".sl", ".jj"]) await symlink(join(root, "private"), join(project, name));
  expect((await look()).lids.map(({ target }) => target)).toEqual(["/workspace/.vscode"]);
});
