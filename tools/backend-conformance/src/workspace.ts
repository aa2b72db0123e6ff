import { readdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeProject } from "./project.ts";
import { run, startRig, type Rig } from "./rig.ts";
import type { ConformanceSetup } from "./suite.ts";

/** The project's files as a copy, and the way in and out. */
export function workspacePromises(setup: ConformanceSetup): void {
  describe("workspace", () => {
    let rig: Rig;
    let project: string;
    beforeAll(async () => {
      rig = await startRig(setup);
      project = await makeProject();
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
