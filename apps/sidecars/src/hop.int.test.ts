import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { callControl } from "./index.ts";
import { runSidecars } from "./run-sidecars.ts";
import { askIn, configIn } from "./testing/rig.ts";

// A stand-in that keeps to pipelock's known contract: pipelock itself cannot be installed where this was written.
const standIn = fileURLToPath(new URL("testing/pipelock-stand-in.ts", import.meta.resolve("@bottle/egress-addon")));

async function withFolder(run: (folder: string, binary: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bottle-sidecars-"));
  const binary = join(folder, "pipelock");
  await writeFile(binary, `#!/bin/sh\nexec '${process.execPath}' --conditions=@bottle/source '${standIn}' "$@"\n`);
  await chmod(binary, 0o755);
  try {
    await run(folder, binary);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("with a pipelock (a stand-in here) what it does not see is told, and its end freezes the egress", { timeout: 60_000 }, async () => {
  await withFolder(async (folder, binary) => {
    const config = configIn(folder, "a-real-token-0123456789");
    const lines: string[] = [];
    const withPipelock = { ...config, egress: { ...config.egress, pipelock: { binary } } };
    await using sidecars = await runSidecars(withPipelock, { onStop: () => undefined, log: (line) => void lines.push(line) });
    expect(sidecars.caCertificate).toContain("BEGIN CERTIFICATE");
    expect(lines.join("\n")).toContain("api.example.com");
    expect(await askIn(folder, "other.example.com")).toBe("no-route");
    const pid = Number(execFileSync("pgrep", ["--full", `${folder}/ca/pipelock/pipelock.yaml`], { encoding: "utf8" }).trim());
    expect(pid).toBeGreaterThan(1);
    process.kill(pid, "SIGKILL");
    await expect.poll(() => askIn(folder, "other.example.com"), { timeout: 10_000 }).toBe("frozen");
    expect(lines).toContain("pipelock has ended; the egress is frozen.");
  });
});

test("with `engine: pipelock` it scans every route that is to be scanned, also after a reload; the egress then looks for credentials alone", { timeout: 60_000 }, async () => {
  await withFolder(async (folder, binary) => {
    const config = configIn(folder, "a-real-token-0123456789");
    const { declaration } = config.egress;
    const routes = [...declaration.routes, { host: "scanned.example.com" }, { host: "noted.example.com", dlp: "warn" as const, streaming: true }];
    const wanted = { ...config, egress: { ...config.egress, pipelock: { binary }, declaration: { ...declaration, routes, dlp: { engine: "pipelock" as const } } } };
    await using _sidecars = await runSidecars(wanted, { onStop: () => undefined, log: () => undefined });
    const passed = async (): Promise<readonly string[]> => {
      const text = await readFile(join(folder, "ca/pipelock/pipelock.yaml"), "utf8");
      return [...(/passthrough_domains:\n((?: *- ".*"\n)*)/.exec(text)?.[1] ?? "").matchAll(/- "(.*)"/g)].map(([, host = ""]) => host);
    };
    expect(await passed()).toEqual(["api.example.com", "noted.example.com"]);
    const reloaded = [...routes.slice(0, 2), { host: "noted.example.com", dlp: { action: "warn", streaming: true } }, { host: "later.example.com" }] as const;
    expect(await callControl(wanted.control.unix, { op: "reload", routes: reloaded })).toEqual({ ok: true, generation: 2 });
    expect(await passed()).toEqual(["api.example.com", "noted.example.com"]);
    expect(await readFile(join(folder, "ca/pipelock/pipelock.yaml"), "utf8")).toContain("later.example.com");
  });
});

test("a pipelock that does not start starts no sidecars, and leaves nothing open", { timeout: 60_000 }, async () => {
  await withFolder(async (folder) => {
    const config = configIn(folder, "a-real-token-0123456789");
    await expect(runSidecars({ ...config, egress: { ...config.egress, pipelock: { binary: "/bin/false" } } }, { onStop: () => undefined, log: () => undefined })).rejects.toMatchObject({ code: "pipelock-failed" });
    await expect(askIn(folder, "other.example.com")).rejects.toThrow();
  });
});
