import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { Running } from "./engine/exec.ts";
import { LaunchShell } from "./launch-shell.ts";

/** Goes into this host's own shell. */
function enterHere([file = "", ...args]: readonly string[]): Promise<Running> {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], env: { PATH: process.env["PATH"], text: "one", what: "two", bytes: "three" } });
  const closed = once(child, "close").then(() => ({ isOurDoing: false }));
  const ended = once(child, "exit").then(([code]) => (code as number | null) ?? 137);
  return Promise.resolve({ child: { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, closed, close: () => void child.kill("SIGKILL") }, ended });
}
const enter = (): LaunchShell => new LaunchShell("id", enterHere);
const told = async (shell: LaunchShell, script: string): Promise<readonly [string, string, number]> => {
  const { stdout, stderr, exitCode } = await shell.run(script);
  return [Buffer.from(stdout).toString(), Buffer.from(stderr).toString(), exitCode];
};

test("each script has its own output, errors and status, and changes nothing for the next", async () => {
  const shell = enter();
  expect(await told(shell, "echo one; echo two >&2; cd /; x=1; exit 3")).toEqual(["one\n", "two\n", 3]);
  expect(await told(shell, `printf "%s %s" "$x" "$PWD"\n`)).toEqual([` ${process.cwd()}`, "", 0]);
  expect(await told(shell, "if")).toMatchObject([expect.any(String), expect.stringMatching(/syntax|end of file/i), 2]);
  expect(await told(shell, "cat; echo Ünicode 'q' \\$")).toEqual(["Ünicode q $\n", "", 0]);
  shell.end();
});

test("the agent comes in its place, with the rest of the input, both streams and its own status", async () => {
  const shell = enter();
  expect(await told(shell, "echo probes")).toEqual(["probes\n", "", 0]);
  const { child, ended } = await shell.become(["sh", "-c", `echo "$1"; cat; echo e >&2; echo "$text $what $bytes [$PWD$_bottle_text]"; env | sort; exit 7`, "sh", "it's $HOME\n\\"]);
  child.stdin.end("run 4\ninput of the agent's\n");
  const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  // A shell of its own sets PWD again.
  expect(output).toBe(`it's $HOME\n\\\nrun 4\ninput of the agent's\none two three [${process.cwd()}]\nPATH=${process.env["PATH"] ?? ""}\nPWD=${process.cwd()}\nbytes=three\ntext=one\nwhat=two\n`);
  expect([complaint, await ended]).toEqual(["e\n", 7]);
});

test("a program that is not there ends with 127, and a shell that ends early says how", async () => {
  const { ended } = await enter().become(["/no/such/program"]);
  expect(await ended).toBe(127);
  expect((await enter().run("kill -KILL $$")).exitCode).toBe(137);
});

test("the agent's environment is the one it would have without the shell", async () => {
  const { child } = await enter().become(["env"]);
  expect((await text(child.stdout)).split("\n").filter(Boolean).sort()).toEqual([`PATH=${process.env["PATH"] ?? ""}`, "bytes=three", "text=one", "what=two"]);
});

test("what a script leaves running neither hides the end nor gets lost, and a shell that is gone says so to the next", async () => {
  const shell = enter();
  const { stdout, exitCode } = await shell.run("printf '\\377\\n'; (sleep 0.2; echo later) & true");
  expect([[...stdout], exitCode]).toEqual([[255, 10], 0]);
  expect(Buffer.from((await shell.run("sleep 0.4")).stdout).toString()).toBe("later\n");
  await shell.run("kill -KILL $$");
  expect((await shell.run("true")).exitCode).toBe(137);
});

test("a script that does not end in time ends the launch", async () => {
  await expect(new LaunchShell("id", enterHere, 300).run("sleep 1")).rejects.toMatchObject({ code: "launch-failed", message: "A script inside the bottle gave no answer for 0.3 seconds." });
});
