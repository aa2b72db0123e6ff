import { expect, inject, onTestFinished, test } from "vitest";
import { testDocker } from "../testing/engine.ts";

const docker = testDocker();
const timeoutMs = 60_000;
const run = async (...args: readonly string[]): Promise<string> => (await docker.must(args, "a test's call")).trim();
const inside = (image: string, script: string): Promise<string> => run("run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", image, "-c", script);

test("the agent's image has what agents use, runs as node, and its folders are node's, in a new volume too", async () => {
  const { agent } = inject("dockerImages");
  expect(await inside(agent, "id -u; id -g; id -un; pwd; node --version | cut -c1-3; git --version | cut -c1-3; curl --version | cut -c1-4 | head -1; perl -e 'print 1'; test -s /etc/ssl/certs/ca-certificates.crt && echo certs"))
    .toBe("1000\n1000\nnode\n/workspace\nv24\ngit\ncurl\n1certs");
  const volume = `bottle-test-${process.pid}`;
  onTestFinished(async () => void await docker.run(["volume", "rm", "--force", volume]));
  for (const folder of ["/home/node", "/workspace", "/etc/bottle"]) {
    expect(await run("run", "--rm", "--network", "none", "--volume", `${volume}:${folder}`, agent, "stat", "--format", "%u:%g %a", folder)).toBe("1000:1000 755");
    await run("volume", "rm", volume);
  }
}, timeoutMs);

test("no program of either image changes its user", async () => {
  const { agent, sidecars } = inject("dockerImages");
  for (const image of [agent, sidecars]) expect(await inside(image, "find / -xdev -perm /6000 -type f 2>/dev/null; true")).toBe("");
}, timeoutMs);

test("the sidecars' image starts the real sidecars, which refuse a configuration that is none", async () => {
  const { exitCode, stdout } = await docker.run(["run", "--rm", "--interactive", "--network", "none", "--read-only", inject("dockerImages").sidecars], { input: "{}\n" });
  expect({ exitCode, answer: JSON.parse(Buffer.from(stdout).toString()) as unknown }).toMatchObject({ exitCode: 1, answer: { ready: false, code: "sidecars-config-invalid" } });
  expect(await inside(inject("dockerImages").sidecars, "stat --format '%u:%g %a' /var/lib/bottle /shown; id -u")).toBe("1000:1000 700\n1000:1000 755\n1000");
}, timeoutMs);
