import { glob, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { baseImage, startOwnDockerEngine } from "@bottle/docker-engine";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installPacked, packAll } from "./pack.ts";

let folder: string;
let bottle: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bottle-packed-"));
  bottle = await installPacked(join(folder, "project"), await packAll(join(folder, "tarballs")));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(...args: readonly string[]): Promise<{ readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }> {
  const env = { PATH: process.env["PATH"], HOME: folder, BOTTLE_HOME: join(folder, "home") };
  const { exitCode, stdout, stderr } = await execa(process.execPath, [bottle, ...args], { reject: false, stdin: "ignore", cwd: folder, extendEnv: false, env });
  return { exitCode, stdout, stderr };
}

test("the packed bottle says its version without a source in sight", async () => {
  expect(await run("--version")).toMatchObject({ exitCode: 0, stdout: "0.1.0", stderr: "" });
});

test("the packed libraries load what they depend on and nothing else of bottle's, the egress secret-scan alone", async () => {
  const scope = join(folder, "project", "node_modules", "@bottle");
  for (const [name, others] of [["egress-addon", ["@bottle/secret-scan"]], ["git-gate", ["@bottle/manifest", "@bottle/secret-scan"]]] as const) {
    const { dependencies = {} } = JSON.parse(await readFile(join(scope, name, "package.json"), "utf8")) as { readonly dependencies?: Readonly<Record<string, string>> };
    expect(Object.keys(dependencies).filter((one) => one.startsWith("@bottle/")).toSorted()).toEqual(others);
    const imported = new Set<string>();
    for await (const file of glob("dist/**/*.{js,d.ts}", { cwd: join(scope, name), exclude: ["dist/program", "dist/standalone", "dist/main.js", "dist/main.d.ts"] })) {
      for (const [, found = ""] of (await readFile(join(scope, name, file), "utf8")).matchAll(/(?:from|import) ?\(?"(@bottle\/[a-z-]+)/g)) imported.add(found);
    }
    expect([...imported].toSorted()).toEqual(others);
    const { stdout } = await execa(process.execPath, ["--eval", `import("@bottle/${name}").then((it) => console.log(typeof (it.startEgressProxy ?? it.startGitGate)))`], { cwd: join(folder, "project") });
    expect(stdout).toBe("function");
  }
});

test("the packed egress-addon checks and explains a file, and makes its CA", async () => {
  const program = join(dirname(bottle), "egress-addon");
  await writeFile(join(folder, "egress.yaml"), "listen: 127.0.0.1:0\nca_directory: ca\nroutes: [{ host: example.com, methods: [GET] }]\n");
  const statuses = [["check"], ["explain", "GET", "https://example.com/"], ["explain", "PUT", "https://example.com/"], ["ca", "--pem"], ["chek"]].map(async (args) => {
    const { exitCode } = await execa(program, args, { reject: false, stdin: "ignore", cwd: folder });
    return exitCode;
  });
  expect(await Promise.all(statuses)).toEqual([0, 0, 1, 0, 2]);
});

test("the packed bottle runs the demo, and every promise holds", async () => {
  const { exitCode, stdout } = await run("start", "demo", "--yes");
  expect({ exitCode, broken: stdout.split("\n").filter((line) => line.includes("✗")) }).toEqual({ exitCode: 0, broken: [] });
});

test("the packed bottle builds its images of what it ships, and their sidecars start", async () => {
  await using engine = await startOwnDockerEngine();
  const base = await baseImage(engine);
  const env = { PATH: process.env["PATH"], HOME: folder, BOTTLE_HOME: join(folder, "home"), ...engine.env };
  const build = await execa(process.execPath, [bottle, "images", "build", "--base", base], { reject: false, stdin: "ignore", cwd: folder, extendEnv: false, env });
  expect(build).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^bottle-agent:[0-9a-f]{12} {2}built\nbottle-sidecars:[0-9a-f]{12} {2}built$/) as string });
  const started = await execa("docker", ["run", "--rm", "--interactive", "--network", "none", "bottle-sidecars:0.1.0"], { env: engine.env, input: "{}\n", reject: false });
  expect(started.stdout).toContain("sidecars-config-invalid");
}, 300_000);
