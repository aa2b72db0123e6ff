import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { act, copyProject, type CopiedProject } from "../testing/copied-project.ts";
import { byHand, shellWord } from "./by-hand.ts";

async function commands(project: CopiedProject): Promise<readonly string[]> {
  return (await project.look()).changes.flatMap((change) => byHand(change, project));
}

function runByHand(project: CopiedProject, line: string | undefined): string {
  return execFileSync("bash", ["-c", line?.slice(line.indexOf(": ") + 2) ?? "exit 1"], { cwd: project.root, encoding: "utf8" });
}

test("a file both changed is compared and taken by the commands that are told, whatever its name", async () => {
  for (const name of ["a.txt", "it's $(touch pwned) `x`.txt", "new\nline\u001b[2J.txt", "-rf", "ümläut.txt"]) {
    using project = await copyProject({ [name]: "one\n", "keep.txt": "kept\n" });
    act(project.copy, `printf 'theirs\\033[2J\\n' > ${shellWord(Buffer.from(`./${name}`))}`);
    act(project.home, `echo mine > ${shellWord(Buffer.from(`./${name}`))}`);
    const [compare, take, ...more] = await commands(project);
    expect([compare, take, more]).toEqual([expect.stringMatching(/^compare: diff -u -- [^\n\u001b]+ \| cat -v$/), expect.stringMatching(/^take the agent's: cp -P [^\n\u001b]+$/), []]);
    expect(runByHand(project, compare)).toContain("-mine\n+theirs^[[2J\n");
    runByHand(project, take);
    expect(readFileSync(join(project.home, name), "latin1")).toBe("theirs\u001b[2J\n");
    expect(existsSync(join(project.root, "pwned"))).toBe(false);
    expect(await project.lines()).toEqual([]);
  }
});

test("a deletion against a change, and a change against a deletion, are told with what takes them", async () => {
  using project = await copyProject({ "gone.txt": "one\n", "back.txt": "one\n" });
  act(project.copy, "rm gone.txt; echo two > back.txt");
  act(project.home, "echo mine > gone.txt; rm back.txt");
  const lines = await commands(project);
  expect(lines).toEqual([
    `look: cat -v -- ${project.copy}/back.txt`, `take the agent's: cp -P --remove-destination -- ${project.copy}/back.txt ${project.home}/back.txt`,
    `take the agent's deletion: rm -- ${project.home}/gone.txt`,
  ]);
  for (const line of lines.slice(1)) runByHand(project, line);
  expect(await project.lines()).toEqual([]);
});

test("no command is told for a link, a folder, a repository, or what lies behind the operator's own link", async () => {
  using project = await copyProject({ "l": "one\n", "d/x": "one\n", ".git/HEAD": "ref: refs/heads/main\n", ".git/config": "[core]\n" });
  act(project.copy, "ln -sf d/x l; echo theirs > d/x; echo '[user]' >> .git/config");
  act(project.home, "echo mine > l; mv d elsewhere; ln -s elsewhere d; echo '[mine]' >> .git/config");
  expect((await project.lines()).length).toBeGreaterThan(2);
  expect(await commands(project)).toEqual([]);
});
