import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, startRig, type Rig } from "./rig.ts";
import type { ConformanceSetup } from "./suite.ts";

/** The project's files, copied or bound, and the way home and back. */
export function workspacePromises(setup: ConformanceSetup): void {
  describe("workspace", () => {
    let rig: Rig;
    let project: string;
    beforeAll(async () => {
      rig = await startRig((context) => setup.makeBackend(context));
      project = await mkdtemp(join(tmpdir(), "bottle-project-"));
      await mkdir(join(project, ".git/hooks"), { recursive: true });
      await writeFile(join(project, ".git/config"), "[core]\n");
      await writeFile(join(project, "main.txt"), "as it was\n");
      await symlink("/etc/passwd", join(project, "link"));
    });
    afterAll(async () => {
      await rig?.[Symbol.asyncDispose]();
      await rm(project, { recursive: true, force: true });
    });
    const snapshot = async (): Promise<string[]> => (await readdir(project, { recursive: true })).sort();

    test("a copied workspace is whole inside, and the project stays as it was whatever the agent does", async () => {
      await using bottle = await rig.launch({ workspace: { mode: "copy", source: project } });
      const before = await snapshot();
      const { out } = await run(bottle, "cat main.txt; readlink link; echo changed > main.txt; rm -rf .git; echo new > new.txt; ls");
      expect(out).toBe("as it was\n/etc/passwd\nlink\nmain.txt\nnew.txt\n");
      expect(await readFile(join(project, "main.txt"), "utf8")).toBe("as it was\n");
      expect(await snapshot()).toEqual(before);
    });

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

    test("without a workspace none of the project's files are inside", async () => {
      await using bottle = await rig.launch();
      expect((await run(bottle, "ls -A /workspace/")).out).not.toContain("main.txt");
    });

    test("files and folders are copied in and out", async () => {
      await using bottle = await rig.launch();
      await bottle.copyIn(project, "/home/node/project");
      expect((await run(bottle, "cat /home/node/project/main.txt && stat -c %U /home/node/project/main.txt")).out).toBe("as it was\nnode\n");
      const target = join(rig.home, "out");
      await bottle.copyOut("/home/node/project", target);
      expect(await readFile(join(target, "main.txt"), "utf8")).toBe("as it was\n");
    });
  });
}
