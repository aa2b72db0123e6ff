import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must, startGateRig } from "../testing/gate-rig.ts";
import { checkLeaks } from "../testing/leaks.ts";
import { makeCertificate, startSite } from "../testing/start-site.ts";

checkLeaks();

test("an upstream over HTTPS that sends the gate on to another server is not followed, at its beginning or later", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bottle-gate-redirect-"));
  try {
    const caFile = await makeCertificate(folder, "localhost");
    await using other = await startSite(folder, () => undefined);
    let leadsAway = true;
    // A bare repository served file by file, as git asks of a server that knows no better.
    await using site = await startSite(folder, (url) => leadsAway || url.includes("/objects/") ? { location: `https://localhost:${other.port}${url}` }
      : url.startsWith("/app.git/info/refs") ? { body: Buffer.from(`${"1".repeat(40)}\trefs/heads/main\n`) } : url === "/app.git/HEAD" ? { body: Buffer.from("ref: refs/heads/main\n") } : undefined);
    await using rig = await startGateRig({
      gate: { gitleaks: { use: "off" }, hosts: { localhost: "127.0.0.1" } },
      repository: { upstream: `https://localhost:${site.port}/app.git`, identityFile: undefined, knownHostKey: undefined, caFile },
    });
    expect((await rig.git(rig.folder, "clone", rig.url, "first")).err).toContain("502");
    leadsAway = false;
    expect((await rig.git(rig.folder, "clone", rig.url, "second")).err).toContain("502");
    expect(site.asked.some((url) => url.includes("/objects/"))).toBe(true);
    expect(other.asked).toEqual([]);
    expect(rig.events.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(["deny upstream-unreachable", "deny upstream-unreachable"]);
    expect((await must(rig.git(join(rig.folder, "gate", "app.git"), "for-each-ref"))).out).toBe("");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
