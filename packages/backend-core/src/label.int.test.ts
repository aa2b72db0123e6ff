import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { labelledProcesses, ownerLabel, ownerVariable, strayProcesses } from "./label.ts";

test("only processes that bear exactly the label are found", async () => {
  const label = ownerLabel("/some/home", "dev-00000");
  const start = (env: Record<string, string>): ReturnType<typeof spawn> => spawn("sleep", ["30"], { env, stdio: "ignore" });
  const children = [
    start({ [ownerVariable]: label }),
    start({ [ownerVariable]: `${label}0` }),
    start({ NOT: `x${ownerVariable}=${label}` }),
    start({ [ownerVariable]: ownerLabel("/other/home", "dev-00000") }),
  ];
  try {
    await expect.poll(() => labelledProcesses(label)).toEqual([children[0]?.pid]);
  } finally {
    await Promise.all(children.map(async (child) => {
      child.kill("SIGKILL");
      await once(child, "exit");
    }));
  }
  expect(await labelledProcesses(label)).toEqual([]);
});

test("a stray is a process of this home, old enough, without a known bottle and without its parent", async () => {
  const home = `/a/home/of/${process.pid}`;
  const label = ownerLabel(home, "dev-00000");
  const child = spawn("sleep", ["30"], { env: { [ownerVariable]: label }, stdio: "ignore" });
  const shell = spawn("sh", ["-c", "sleep 30 & echo $!"], { env: { ...process.env, [ownerVariable]: label }, stdio: ["ignore", "pipe", "ignore"] });
  const [said] = await once(shell.stdout, "data") as [Buffer];
  const orphan = Number(said);
  try {
    const strays = (known: readonly string[], olderThanMs: number): Promise<number[]> => strayProcesses(home, { known: new Set(known), olderThanMs });
    await expect.poll(() => strays([], 0)).toEqual([orphan]);
    expect(await strays(["dev-00000"], 0)).toEqual([]);
    expect(await strays([], 60_000)).toEqual([]);
    expect(await strayProcesses("/another/home", { known: new Set(), olderThanMs: 0 })).toEqual([]);
  } finally {
    process.kill(orphan, "SIGKILL");
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});
