import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { offerSecrets, takeSecrets } from "./hand-over.ts";

test("secrets are handed over in a folder of one's own, and never where others may write", async () => {
  const home = mkdtempSync(join(tmpdir(), "bottle-hand-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, "run"), { mode: 0o700 });
  const path = join(home, "run", "dev.hand");
  {
    await using _offer = await offerSecrets(path, { KEY: "value" });
    expect(await takeSecrets(path)).toEqual({ KEY: "value" });
  }
  for (const folder of [home, join(home, "run")]) {
    chmodSync(folder, 0o777);
    await expect(offerSecrets(path, { KEY: "value" })).rejects.toMatchObject({ code: "state-open" });
    chmodSync(folder, 0o700);
  }
  expect(existsSync(path)).toBe(false);
});
