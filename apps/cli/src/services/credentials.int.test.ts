import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BottleManifest, TokenSource } from "@bottle/manifest";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openCredentials, type Credentials } from "./credentials.ts";

let folder = "";
let workspace = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bottle-credentials-"));
  workspace = join(folder, "project");
  await mkdir(workspace);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = `/usr/bin:/bin`;
const bottleWith = (source: TokenSource): Pick<BottleManifest, "name" | "egress"> => ({
  name: "dev",
  egress: { routes: [{ host: "a.test", auth: { scheme: "bearer", tokenRef: "T" } }], tokens: { T: source }, hosts: {}, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" } },
});
const open = (source: TokenSource, env: Readonly<Record<string, string>> = {}): Promise<Credentials> =>
  openCredentials({ env: { PATH: path, ...env }, home: join(folder, "home") }, bottleWith(source), { workspace });
const valueOf = async ({ renewable }: Credentials): Promise<string | undefined> => {
  const reading = await renewable?.read("T");
  return reading && "value" in reading ? reading.value.reveal() : reading?.problem;
};
const write = async (file: string, text: string, mode = 0o600): Promise<string> => {
  await writeFile(join(folder, file), text);
  await chmod(join(folder, file), mode);
  return join(folder, file);
};
const program = (file: string, script: string): Promise<string> => write(file, `#!/bin/sh\n${script}\n`, 0o700);

test("a variable is taken from the environment at once, by the name that its source has", async () => {
  await using credentials = await open({ env: "OTHER" }, { OTHER: "value", T: "not this one" });
  expect(credentials.tokens["T"]?.reveal()).toBe("value");
  expect(credentials.renewable).toBeUndefined();
  await expect(open({ env: "OTHER" }, { T: "not this one" })).rejects.toMatchObject({
    code: "credential-missing", status: 3, message: "Bottle \"dev\" puts credentials on the wire that are not in your environment: OTHER (for a.test).",
  });
});

test("a file is read again when it has changed, and refused at the start if others may read it", async () => {
  const file = await write("token", "first\n");
  await using credentials = await open({ file });
  expect(await valueOf(credentials)).toBe("first");
  await writeFile(file, "second\n");
  expect(await valueOf(credentials)).toBe("second");
  await chmod(file, 0o640);
  expect(await valueOf(credentials)).toBe(`${file} is open to others (mode 640); chmod 600 closes it`);
  await expect(open({ file })).rejects.toMatchObject({ code: "credential-missing", status: 3, message: `The credential T of bottle "dev" is not to be had: ${file} is open to others (mode 640); chmod 600 closes it.` });
  await expect(open({ file: join(folder, "none") })).rejects.toMatchObject({ code: "credential-missing" });
});

test("a command runs only once its value is asked for, and again after its time", async () => {
  const log = await write("runs", "");
  const command = [await program("give", `echo run >> '${log}'; echo "value of $(pwd)"`)];
  await using credentials = await open({ command, ttlSeconds: 1 });
  expect(await readFile(log, "utf8")).toBe("");
  expect([await valueOf(credentials), await valueOf(credentials)]).toEqual(["value of /", "value of /"]);
  expect(await readFile(log, "utf8")).toBe("run\n");
  await expect.poll(async () => [await valueOf(credentials), await readFile(log, "utf8")], { timeout: 10_000, interval: 300 }).toEqual(["value of /", "run\nrun\n"]);
});

test("disposing ends a command that runs, and nothing is answered after it", async () => {
  const credentials = await open({ command: [await program("slow", "exec sleep 600")] });
  const asked = valueOf(credentials);
  await credentials[Symbol.asyncDispose]();
  expect(await asked).toBe("the command was stopped");
});

test("a program that is not there is told before anything starts", async () => {
  await expect(open({ command: ["no-such-program"] })).rejects.toMatchObject({ code: "program-missing", status: 3, message: "Bottle \"dev\" gets T from no-such-program, and no such program is on your PATH." });
});

test("a program of the workspace is not run, by whichever way it is named: the agent may have written it", async () => {
  const hostile = await program("project/give-token", "touch '/tmp/never'; echo hostile");
  const link = join(folder, "link");
  await symlink(hostile, link);
  for (const command of [[hostile], [link], ["sh", hostile], ["/usr/bin/env", link]]) {
    await expect(open({ command })).rejects.toMatchObject({ code: "credential-exposed", status: 3, message: expect.stringContaining("which is among the files that its agent is given") });
  }
  // Neither by a folder of the PATH that is in it, nor by one that is relative to where the operator stands.
  for (const PATH of [`${workspace}:${path}`, `.:./project:${path}`]) {
    await expect(open({ command: ["give-token"] }, { PATH })).rejects.toMatchObject({ code: "program-missing" });
  }
  await using credentials = await open({ command: ["sh", "-c", "give-token || echo \"$PATH\""] }, { PATH: `${workspace}:bin:${path}` });
  expect(await valueOf(credentials)).toBe(path);
});

test("a file of the workspace, or of a bottle's state, is none to keep a credential in", async () => {
  const file = await write("project/.token", "value");
  await symlink(file, join(folder, "elsewhere"));
  await mkdir(join(folder, "home/state/dev-00000/agent"), { recursive: true });
  const ofAgent = await write("home/state/dev-00000/agent/token", "value");
  for (const given of [file, join(folder, "elsewhere"), ofAgent]) await expect(open({ file: given })).rejects.toMatchObject({ code: "credential-exposed" });
});
