import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeProject } from "./project.ts";
import { run, startRig, type Rig } from "./rig.ts";
import type { ConformanceSetup } from "./suite.ts";

/** The project's own files, shared with the agent; or the refusal of a backend that cannot share them safely. */
export function boundPromises(setup: ConformanceSetup): void {
  describe("bound workspace", () => {
    let rig: Rig;
    let project: string;
    beforeAll(async () => {
      rig = await startRig(setup);
      project = await makeProject();
    });
    afterAll(async () => {
      await rig?.[Symbol.asyncDispose]();
      await rm(project, { recursive: true, force: true });
    });

    if (setup.traits?.binds === false) {
      test("it is refused, with the mend", async () => {
        await expect(rig.backend.prepare(rig.spec({ workspace: { mode: "bind", source: project } }))).rejects.toMatchObject({ code: "spec-invalid", mend: expect.stringContaining("workspace: copy") });
      });
      return;
    }

    test("a bound workspace shares its files, but not what the host would run later", async () => {
      const copy = `${project}-bound`;
      await cp(project, copy, { recursive: true, verbatimSymlinks: true });
      try {
        await using bottle = await rig.launch({ workspace: { mode: "bind", source: copy } });
        expect((await run(bottle, "echo shared > main.txt")).code).toBe(0);
        for (const attack of ["echo evil > .git/hooks/pre-commit", "echo evil >> .git/config", "mv .git .git2", "rm -rf .git/hooks"]) {
          expect({ attack, code: (await run(bottle, `${attack} 2>/dev/null`)).code }).not.toMatchObject({ code: 0 });
        }
        expect(await readFile(join(copy, "main.txt"), "utf8")).toBe("shared\n");
        expect(await readdir(join(copy, ".git/hooks"))).toEqual([]);
      } finally {
        await rm(copy, { recursive: true, force: true });
      }
    });

    test("in a bound worktree the file that names its repository, and settings that run commands, are not the agent's to change", async () => {
      const tree = await mkdtemp(join(tmpdir(), "bottle-worktree-"));
      const files = [".git", ".exrc", "mise.toml", ".pre-commit-config.yaml", ".devcontainer.json"];
      const folders = [".zed", ".devcontainer", ".cargo", ".opencode"];
      try {
        await Promise.all(files.map((name) => writeFile(join(tree, name), "gitdir: /elsewhere\n")));
        await Promise.all([...folders, ".hg"].map((name) => mkdir(join(tree, name))));
        await writeFile(join(tree, ".hg/hgrc"), "[ui]\n");
        await using bottle = await rig.launch({ workspace: { mode: "bind", source: tree } });
        const attacks = [...files.flatMap((name) => [`echo evil > ${name}`, `rm -f ${name}`, `mv ${name} x`]), ...folders.map((name) => `echo evil > ${name}/x`), "echo evil > .hg/hgrc", "mv .hg x"];
        for (const attack of attacks) expect({ attack, code: (await run(bottle, `{ ${attack}; } 2> /dev/null`)).code }).not.toMatchObject({ code: 0 });
      } finally {
        await rm(tree, { recursive: true, force: true });
      }
    });

    // On the host such a program would run as the operator, whoever starts it; for root's bottles, as root.
    test.each([
      ["chmod", "cp /bin/true x && chmod 4755 x"],
      ["fchmod", `perl -e 'open(my $f, ">", "x"); chmod(04755, $f)'`],
      ["open", `perl -e 'use Fcntl; umask 0; sysopen(my $f, "x", O_CREAT | O_WRONLY, 04755)'`],
    ])("no set-user-id program appears in a bound workspace, by %s", async (_, attack) => {
      const folder = await mkdtemp(join(tmpdir(), "bottle-setuid-"));
      try {
        await using bottle = await rig.launch({ workspace: { mode: "bind", source: folder } });
        await run(bottle, `{ ${attack}; } 2> /dev/null; mkdir -p ordinary && touch ordinary/x && chmod 2755 ordinary && chmod 755 ordinary/x && echo`);
        const bits = await Promise.all((await readdir(folder, { recursive: true })).map(async (name) => (await stat(join(folder, name))).mode & 0o4000));
        expect(bits.length).toBeGreaterThan(1);
        expect(bits.filter((bit) => bit !== 0)).toEqual([]);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    test.each(["", "agents", "state"])("bottle's own home is bound into no bottle, nor what holds it, nor a folder of it (%s)", async (name) => {
      await mkdir(join(rig.home, name), { recursive: true });
      const link = `${project}-link`;
      await symlink(rig.home, link);
      try {
        for (const source of [join(rig.home, name), join(link, name), dirname(rig.home)]) {
          await expect(rig.launch({ workspace: { mode: "bind", source } }), source).rejects.toMatchObject({ code: "workspace-failed" });
        }
      } finally {
        await rm(link);
      }
    });
  });
}
