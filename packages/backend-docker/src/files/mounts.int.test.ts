import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { testDocker } from "../testing/engine.ts";
import { prepareMounts } from "./mounts.ts";

const label = "0123456789ab:volume-abc12";
const docker = testDocker();

test("a volume that has the name of a program's and shows a folder of the host's instead is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bottle-volume-"));
  writeFileSync(join(folder, "tool"), folder);
  const prepare = () => prepareMounts(docker, [{ source: folder, target: "/opt/tool" }], { image: inject("dockerImages").agent, label, signal: AbortSignal.timeout(30_000) });
  const volume = (await prepare())[0]?.volume ?? "";
  onTestFinished(async () => {
    await docker.must(["volume", "rm", volume, `${volume}-filled`], "rm");
    rmSync(folder, { recursive: true });
  });
  expect((await prepare())[0]?.volume).toBe(volume);
  await docker.must(["volume", "rm", volume], "rm");
  await docker.must(["volume", "create", "--opt", "type=none", "--opt", "o=bind", "--opt", `device=${folder}`, volume], "create");
  await expect(prepare()).rejects.toMatchObject({ code: "launch-failed", message: `The engine has a volume ${volume} that bottle did not fill.` });
  await docker.must(["volume", "rm", volume, `${volume}-filled`], "rm");
  for (const each of [volume, `${volume}-filled`]) await docker.must(["volume", "create", each], "create");
  await expect(prepare()).rejects.toMatchObject({ code: "launch-failed" });
}, 60_000);
