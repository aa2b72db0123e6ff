import { readFile } from "node:fs/promises";
import type { Bottle } from "@bottle/backend-core";
import type { Proposal } from "@bottle/manifest";
import type { ControlReply, ControlRequest } from "@bottle/sidecars";
import { describe, expect, test } from "vitest";
import { askInside, callInside, type ToolAnswer } from "./mcp-inside.ts";
import { order } from "./order.ts";
import { allowedHost, otherHost, run } from "./rig.ts";
import { sharedBottle } from "./shared-bottle.ts";
import type { ConformanceSetup } from "./suite.ts";

const shown = "/etc/bottle/current-config";
const justification = "The test fetches a list from there.";

/** P5: the agent asks, the operator decides, and nobody inside decides for them. */
export function supervisePromises(setup: ConformanceSetup): void {
  describe("supervise", { timeout: 60_000 }, () => {
    const { rig, bottle } = sharedBottle(setup, () => ({ supervise: true }));
    const orders = (request: ControlRequest, of = bottle()): Promise<ControlReply> => order(rig().backend, of.identity, request);
    const proposals = async (of = bottle()): Promise<readonly Proposal[]> => (await orders({ op: "proposals" }, of) as unknown as { readonly proposals: readonly Proposal[] }).proposals;
    const ask = (path: string, of = bottle()): Promise<ToolAnswer> => askInside(of, "egress-block", { host: otherHost, path, justification });
    const statusOf = async (path: string, of = bottle()): Promise<string> => (await run(of, `curl -sS -o /dev/null -w '%{http_code}' https://${otherHost}${path} 2>/dev/null; true`)).out;
    /** The one proposal that waits with these words in what it asks. */
    const waiting = async (words: string, of = bottle()): Promise<Proposal> => {
      const find = async (): Promise<Proposal | undefined> => (await proposals(of)).find(({ state, ask: asked }) => state === "pending" && JSON.stringify(asked).includes(words));
      await expect.poll(find, { timeout: 20_000, interval: 200 }).toBeDefined();
      const found = await find();
      if (found === undefined) throw new Error(`Nothing waits that asks for ${words}.`);
      return found;
    };

    test("the agent reaches its server by name, past the proxy, and is shown the tools", async () => {
      expect(await callInside(bottle(), "initialize")).toMatchObject({ result: { serverInfo: { name: expect.any(String) }, capabilities: { tools: expect.any(Object) } } });
      const { result } = await callInside(bottle(), "tools/list");
      expect((result?.["tools"] as readonly { readonly name: string }[]).map(({ name }) => name)).toEqual(expect.arrayContaining(["egress-block", "list-egress-routes", "capability-block"]));
    });

    test("what is refused is asked for, approved and then reached; what the agent sees of its routes follows, and all of it is on record", async () => {
      expect(await statusOf("/granted/list")).not.toBe("200");
      const before = rig().internet.requests.length;
      const asking = ask("/granted/**");
      const { id, hash, justification: why } = await waiting("/granted/**");
      expect(why).toBe(justification);
      expect(await orders({ op: "approve", proposal: id, hash, by: "the test" })).toMatchObject({ ok: true, proposal: { id, state: "applied" } });
      expect(await asking).toMatchObject({ state: "approved", proposal: id });
      expect(await statusOf("/granted/list")).toBe("200");
      expect(await statusOf("/elsewhere")).not.toBe("200");
      expect(rig().internet.requests.slice(before).map(({ url }) => url)).toEqual(["/granted/list"]);
      await expect.poll(async () => (await run(bottle(), `cat ${shown}/routes.json`)).out, { timeout: 10_000 }).toContain("/granted/**");
      expect(await orders({ op: "grants" })).toMatchObject({ ok: true, grants: [{ proposal: id, kind: "egress" }] });
      await rig().backend.refresh(bottle().identity, "record");
      const record = async (): Promise<string> => readFile(rig().state.directory(bottle().identity).audit, "utf8");
      expect(await record()).toMatch(new RegExp(`"type":"proposal"[^\\n]*${id}`));
      expect(await record()).toMatch(new RegExp(`"type":"grant"[^\\n]*${id}`));
    });

    test("what is rejected stays refused, and the agent is told why", async () => {
      const asking = ask("/rejected");
      const { id, hash } = await waiting("/rejected");
      expect(await orders({ op: "reject", proposal: id, hash, by: "the test", reason: "Use the mirror." })).toMatchObject({ ok: true, proposal: { state: "rejected" } });
      expect(await asking).toMatchObject({ state: "rejected", reason: "Use the mirror." });
      expect(await statusOf("/rejected")).not.toBe("200");
    });

    test("what is in force can be read inside, and changed by nobody there", async () => {
      const { out } = await run(bottle(), `cat ${shown}/routes.json`);
      expect(JSON.stringify(JSON.parse(out))).toContain(allowedHost);
      for (const user of await accounts(bottle())) {
        for (const attack of [`echo > ${shown}/routes.json`, `rm -f ${shown}/routes.json`, `mv ${shown} /tmp/`, `touch ${shown}/new`, `mount -t tmpfs none ${shown}`]) {
          expect({ user, attack, code: (await bottle().exec(`${attack} 2>/dev/null`, { user })).exitCode }).not.toMatchObject({ code: 0 });
        }
      }
      expect((await run(bottle(), `cat ${shown}/routes.json`)).out).toBe(out);
    });

    test("another image is asked for with the Dockerfile that is shown, or the agent is told what to do instead", async () => {
      const { out, code } = await run(bottle(), `cat ${shown}/Dockerfile 2>/dev/null`);
      if (code !== 0) {
        expect(await askInside(bottle(), "capability-block", { dockerfile: "FROM x\n", justification })).toMatchObject({ state: "refused", next: expect.stringContaining("no image") });
        return;
      }
      expect(out).toMatch(/^ARG BASE\nFROM \$\{BASE\}$/m);
      const asking = askInside(bottle(), "capability-block", { dockerfile: `${out}RUN true\n`, justification });
      const { id, hash } = await waiting('"capability"');
      expect(await orders({ op: "reject", proposal: id, hash, by: "the test" })).toMatchObject({ ok: true });
      expect(await asking).toMatchObject({ state: "rejected" });
    });

    test("nothing inside comes to the control socket, the queue or the grants, whoever it is", async () => {
      const { control, supervise, root } = rig().state.directory(bottle().identity);
      const places = [control, supervise, root, rig().home, "/var/lib/bottle", "/shown", "/opt/bottle/program"];
      for (const user of await accounts(bottle())) {
        const { stdout } = await bottle().exec([
          `for p in ${places.map((place) => `'${place}'`).join(" ")}; do test -e "$p" && echo "$p"; done`,
          "find / -xdev \\( -name control.sock -o -name grants.json -o -name 'p-????????.json' \\) 2>/dev/null",
          "cut -d' ' -f8 /proc/net/unix | grep -E 'control|bottle'", "true",
        ].join("\n"), { user });
        expect({ user, found: Buffer.from(stdout).toString() }).toEqual({ user, found: "" });
      }
    });

    test("no order of the operator's is taken from inside, at any door and in any form, and so the agent does not approve itself", async () => {
      const asking = ask("/self");
      const { id, hash } = await waiting("/self");
      const forged = [{ op: "approve", proposal: id, hash, by: "me" }, { op: "reload", routes: [{ host: otherHost }] }, { op: "thaw" }].map((each) => JSON.stringify(each));
      const attacks = forged.flatMap((text) => [
        ...["", "mcp", "control", "approve", "proposals", `proposals/${id}/approve`].flatMap((path) => [`curl -sS -m 5 -d '${text}' http://supervise:9100/${path}`, `curl -sS -m 5 -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' -d '${text}' http://supervise:9100/${path}`]),
        `curl -sS -m 5 -d '${text}' http://_egress.local/control`, `curl -sS -m 5 -d '${text}' -x "$http_proxy" --noproxy '' http://supervise:9100/mcp`,
        ...[["egress", 8080], ["supervise", 9100]].map(([host, port]) => `perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0); connect($s, pack_sockaddr_in(${port}, inet_aton("${host}"))) or exit; alarm 3; syswrite $s, $ARGV[0] . chr(10); sysread $s, my $b, 4096; print $b' '${text}'`),
      ]);
      const methods = ["approve", "reject", "proposals/approve", "control/approve"];
      const { out } = await run(bottle(), `{ ${attacks.join("; ")}; } 2>/dev/null; true`);
      expect(out).not.toContain('"ok":true');
      for (const method of methods) expect(await callInside(bottle(), method, { proposal: id, hash, by: "me" })).toHaveProperty("error");
      for (const name of methods) expect((await callInside(bottle(), "tools/call", { name, arguments: { proposal: id, hash, by: "me" } })).result?.["isError"] ?? true).toBe(true);
      expect((await proposals()).find((each) => each.id === id)).toMatchObject({ state: "pending" });
      expect(await statusOf("/self")).not.toBe("200");
      await orders({ op: "reject", proposal: id, hash, by: "the test" });
      await asking;
    });

    test("each bottle asks its own server: another's is out of reach, and sees nothing of it", async () => {
      await using neighbour = await rig().launch({ supervise: true });
      const address = (await run(neighbour, `perl -MSocket -e 'print inet_ntoa(inet_aton("supervise"))'`)).out;
      expect(address).toMatch(/^[0-9.]+$/);
      if (!address.startsWith("127.")) expect((await run(bottle(), `curl -sS -m 5 --noproxy '*' http://${address}:9100/`)).code).not.toBe(0);
      const asking = ask("/mine");
      const { id, hash } = await waiting("/mine");
      expect(await proposals(neighbour)).toEqual([]);
      expect(await orders({ op: "approve", proposal: id, hash, by: "the test" }, neighbour)).toMatchObject({ ok: false });
      await orders({ op: "reject", proposal: id, hash, by: "the test" });
      await asking;
    });

    test("a resumed bottle still has its grants, what was decided, and what waited when its sidecars were killed", async () => {
      const { backend, spec } = rig();
      const wanted = spec({ supervise: true });
      let granted: Proposal;
      {
        await using first = await (await backend.prepare(wanted)).launch();
        const asking = ask("/kept", first);
        granted = await waiting("/kept", first);
        await orders({ op: "approve", proposal: granted.id, hash: granted.hash, by: "the test" }, first);
        await asking;
        const lost = ask("/waiting", first).catch(() => "lost");
        await waiting("/waiting", first);
        await setup.killSidecars(await rig().state.read(first.identity));
        expect(await lost).toBe("lost");
      }
      await using resumed = await (await backend.prepare({ ...wanted, resume: true })).launch();
      expect(await proposals(resumed)).toMatchObject([{ state: "pending", ask: { route: { paths: ["/waiting"] } } }, { id: granted.id, state: "applied" }]);
      expect(await statusOf("/kept", resumed)).toBe("200");
      expect((await run(resumed, `cat ${shown}/routes.json`)).out).toContain("/kept");
    });

    test("an abort while what is in force is being shown leaves nothing", async () => {
      const { backend, spec, stateFolders } = rig();
      const wanted = spec({ supervise: true });
      const before = await stateFolders();
      const abort = new AbortController();
      const launching = (await backend.prepare(wanted)).launch({ signal: abort.signal, onStep: (step) => step === "supervise" && abort.abort(new Error("stopped by the test")) });
      await expect(launching).rejects.toThrow("stopped by the test");
      expect(await backend.leftovers(wanted.identity)).toBe(0);
      expect(await stateFolders()).toEqual(before);
    });
  });

  describe("the operator's way in", () => {
    const { rig, bottle } = sharedBottle(setup);

    test("orders reach the sidecars wherever they run, several at once, and each connection ends with its caller", async () => {
      const before = await rig().backend.leftovers(bottle().identity);
      const replies = await Promise.all([1, 2, 3].map(() => order(rig().backend, bottle().identity, { op: "health" })));
      expect(replies).toMatchObject([{ ok: true, frozen: false }, { ok: true }, { ok: true }]);
      const idle = await rig().backend.control(bottle().identity);
      idle.destroy();
      await expect.poll(() => rig().backend.leftovers(bottle().identity), { timeout: 10_000 }).toBe(before);
      await expect(rig().backend.control(bottle().identity, AbortSignal.abort(new Error("stopped by the test")))).rejects.toThrow();
    });

    test("of a bottle that may not ask, nobody listens for what it asks, nothing is shown for it, and orders about it are refused", async () => {
      expect((await run(bottle(), "curl -sS -m 5 http://supervise:9100/")).code).not.toBe(0);
      expect((await run(bottle(), `test -e ${shown}`)).code).toBe(1);
      expect(await order(rig().backend, bottle().identity, { op: "proposals" })).toMatchObject({ ok: false, message: expect.stringContaining("supervise: true") });
    });

    test("a bottle that has ended, and one that never was, are told apart", async () => {
      const ended = await rig().launch();
      await ended[Symbol.asyncDispose]();
      await expect(rig().backend.control(ended.identity)).rejects.toMatchObject({ code: "not-running", mend: expect.stringContaining(`bottle resume ${ended.identity}`) });
      await expect(rig().backend.control("nobody-00000")).rejects.toMatchObject({ code: "identity-unknown" });
    });
  });
}

/** The accounts inside: root only where a backend has one. */
async function accounts(bottle: Bottle): Promise<readonly ("node" | "root")[]> {
  return await bottle.exec("true", { user: "root" }).then(() => ["node", "root"] as const, () => ["node"] as const);
}
