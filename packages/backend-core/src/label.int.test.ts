import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { labelledProcesses, ownerLabel, ownerVariable } from "./label.ts";

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
