import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { callControl } from "../index.ts";
import { connectMcp } from "../testing/mcp-client.ts";
import { configIn } from "../testing/rig.ts";

test("who started them hears what is in force: after the ready line, and after each change", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "bottle-show-"));
  const config = configIn(folder, "a-token-0123456789");
  const whole = { ...config, listen: { ...config.listen, supervise: { unix: join(folder, "sockets/supervise.sock") } }, supervise: { directory: join(folder, "supervise") } };
  const child = spawn(process.execPath, ["--conditions=@bottle/source", fileURLToPath(new URL("../main.ts", import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<Readonly<Record<string, unknown>>> => JSON.parse(String((await lines.next()).value)) as Readonly<Record<string, unknown>>;
    const shown = async (): Promise<unknown> => {
      let files: unknown;
      while (files === undefined) files = (await next())["show"];
      const { "current-config/routes.json": text = "", ...others } = files as Readonly<Record<string, string>>;
      expect(others).toEqual({});
      return JSON.parse(text);
    };
    child.stdin.write(`${JSON.stringify(whole)}\n`);
    expect(await next()).toMatchObject({ ready: true });
    const own = { host: "api.example.com", ports: [80, 443], methods: "any", paths: "any", credential: "bearer", dlp: "block" };
    expect(await shown()).toEqual({ generation: 1, default: "deny", routes: [own] });
    const agent = await connectMcp(join(folder, "sockets/supervise.sock"));
    const answer = agent.call("egress-block", { host: "a.test", justification: "x" });
    const order = { by: "op@host", until: new Date(Date.now() + 600_000).toISOString(), uses: 3 };
    let proposals: readonly { readonly id: string; readonly hash: string }[] = [];
    await expect.poll(async () => {
      const reply = await callControl(config.control.unix, { op: "proposals" });
      return (proposals = reply.ok ? reply["proposals"] as typeof proposals : []).length;
    }).toBe(1);
    const [{ id, hash } = { id: "", hash: "" }] = proposals;
    await callControl(config.control.unix, { op: "approve", proposal: id, hash, ...order });
    expect(await answer).toMatchObject({ state: "approved" });
    const granted = { grant: id, host: "a.test", ports: [443], methods: ["GET", "HEAD"], paths: "any", credential: null, dlp: "block", limits: { requests: 3 }, until: order.until, uses: 3 };
    expect(await shown()).toEqual({ generation: 2, default: "deny", routes: [own, granted] });
    await callControl(config.control.unix, { op: "revoke", proposal: id, by: "op@host" });
    expect(await shown()).toEqual({ generation: 3, default: "deny", routes: [own] });
  } finally {
    const ended = once(child, "exit");
    child.stdin.destroy();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
});
