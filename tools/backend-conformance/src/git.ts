import { readFile } from "node:fs/promises";
import { secretValue } from "@bottle/manifest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGitUpstream, type GitUpstream } from "./git-upstream.ts";
import { allowedHost, run } from "./rig.ts";
import { searchScript } from "./secrets.ts";
import { sharedBottle } from "./shared-bottle.ts";
import type { ConformanceSetup } from "./suite.ts";

const given = `given-${crypto.randomUUID()}`;

/** P3: one way to push. */
export function gitPromises(setup: ConformanceSetup): void {
  // Each clone and push is a dozen processes.
  describe("git", { timeout: 60_000 }, () => {
    let upstream: GitUpstream;
    beforeAll(async () => {
      upstream = await startGitUpstream(setup.traits?.internetAddress);
    });
    afterAll(() => upstream?.[Symbol.asyncDispose]());
    const { rig, bottle } = sharedBottle(setup, () => ({ git: upstream.git, secretEnv: { GIVEN: secretValue(given) } }));
    const cloned = (folder: string, script: string): string => `set -e; rm -rf /tmp/${folder}; git clone -q '${upstream.url}' /tmp/${folder}; cd /tmp/${folder}; ${script}`;
    const events = async (): Promise<string> => {
      await rig().backend.refresh(bottle().identity, "record");
      return readFile(rig().state.directory(bottle().identity).audit, "utf8");
    };

    test("a declared upstream is cloned, pushed to and fetched from under its own name, through the gate", async () => {
      const pushed = await run(bottle(), cloned("work", "echo one > one.txt; git add .; git commit -qm 'Add one'; git push -q origin HEAD:refs/heads/agent/one; git log -1 --format='%H %an <%ae>'"));
      expect({ err: pushed.err, code: pushed.code }).toEqual({ err: "", code: 0 });
      const id = await upstream.ref("refs/heads/agent/one");
      expect(pushed.out).toBe(`${id} An Agent <agent@example.com>\n`);
      const theirs = await upstream.commit("theirs", "two.txt");
      const fetched = await run(bottle(), "cd /tmp/work && git fetch -q && git rev-parse origin/theirs && git remote get-url origin");
      expect(fetched.out).toMatch(new RegExp(`^${theirs}\\nhttp://git-gate:9418/[^\\n]*app\\.git\\n$`));
      expect((await run(bottle(), "cd /tmp/work && git config remote.origin.url")).out).toBe(`${upstream.url}\n`);
    });

    test.each([
      ["over HTTPS", () => `https://${upstream.host}${upstream.path}`],
      ["with another user", () => `ssh://git@${upstream.host}:${upstream.port}${upstream.path}`],
      ["without .git", () => upstream.url.replace(/\.git$/, "")],
    ])("written %s it is the same upstream", async (_, url) => {
      const { out, err, code } = await run(bottle(), `git ls-remote '${url()}' refs/heads/main`);
      expect({ out, err, code }).toEqual({ out: `${await upstream.ref("refs/heads/main")}\trefs/heads/main\n`, err: "", code: 0 });
    });

    test("a push with a value that the bottle was given is refused, says where, and neither arrives nor is repeated", async () => {
      const { out, err, code } = await run(bottle(), cloned("leak", `printf 'x\\n%s\\n' "$GIVEN" > leak.txt; git add .; git commit -qm leak; git push origin HEAD:refs/heads/agent/leak`));
      expect(code).not.toBe(0);
      expect(err).toMatch(/leak\.txt:2 holds GIVEN/);
      expect(out + err).not.toContain(given);
      expect(await upstream.ref("refs/heads/agent/leak")).toBe("");
    });

    test("every fetch and push is on record, allowed and refused, without what was found", async () => {
      await expect.poll(events, { timeout: 10_000 }).toContain("\"reason\":\"secret-found\"");
      const text = await events();
      expect(text).toContain('"ref":"refs/heads/agent/one"');
      for (const [op, decision, reason] of [["fetch", "allow", "served"], ["push", "allow", "accepted"], ["push", "deny", "secret-found"]] as const) {
        expect(text.split("\n").some((line) => [`"type":"git"`, `"op":"${op}"`, `"decision":"${decision}"`, `"reason":"${reason}"`].every((part) => line.includes(part)))).toBe(true);
      }
      expect(text).not.toContain(given);
    });

    test("no key, no known host and no agent's socket is inside, and the upstream cannot be reached past the gate", async () => {
      // Its beginning is that of every key.
      const line = upstream.key.split("\n")[3] ?? "";
      expect(line.length).toBeGreaterThan(60);
      const { out: found, code } = await run(bottle(), searchScript(line));
      expect({ found, code }).toEqual({ found: "", code: 1 });
      const { out } = await run(bottle(), `echo "$SSH_AUTH_SOCK$GIT_SSH$GIT_SSH_COMMAND"; ls -d ~/.ssh /tmp/ssh-* 2>/dev/null; perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0); alarm 5; print connect($s, pack_sockaddr_in(${upstream.port}, inet_aton("${upstream.host}"))) ? "open" : "closed"'`);
      expect(out).toBe("\nclosed");
    });

    test("the gate shows its repositories to git alone, and nothing else of its directory", async () => {
      const paths = ["app.git/config", "app.git/HEAD", "app.git/objects/info/packs", "app.home/known_hosts", "app.git/../app.hooks/pre-receive", "app.git/%2e%2e/app.hooks/pre-receive", ""];
      const { out } = await run(bottle(), paths.map((path) => `curl -sS --path-as-is -o /dev/null -w '%{http_code} ' 'http://git-gate:9418/${path}'`).join("; "));
      expect(out).toBe("404 ".repeat(paths.length));
      const { git } = rig().state.directory(bottle().identity);
      expect((await run(bottle(), `test -e '${git}'`)).code).toBe(1);
    });

    test.each([
      ["a neighbour of an upstream", () => upstream.url.replace(/app\.git$/, "app2.git")],
      ["another host over SSH", () => "ssh://git@elsewhere.example.com/acme/other.git"],
    ])("a push to %s, which nobody declared, is refused with where it is declared", async (_, url) => {
      const { err, code } = await run(bottle(), `cd /tmp/work && git push '${url()}' HEAD:refs/heads/x`);
      expect(code).not.toBe(0);
      expect(err).toContain("in the bottle's manifest");
    });

    test("a push over HTTPS to what is not declared is refused with words that lead to the gate", async () => {
      const { err, code } = await run(bottle(), `cd /tmp/work && git push 'https://${allowedHost}/v1/other.git' HEAD:refs/heads/x`);
      expect(code).not.toBe(0);
      expect(err).toContain("Push to the git gate: an upstream declared in the bottle's manifest is rewritten to it.");
    });

    test("what an agent makes of its git's settings leads nowhere, and they are there again once the bottle is resumed", async () => {
      const { backend, state, spec } = rig();
      const wanted = spec({ git: upstream.git });
      const outside = `${rig().home}/outside-git`;
      {
        await using first = await (await backend.prepare(wanted)).launch();
        await run(first, `rm ~/.gitconfig; ln -s '${outside}' ~/.gitconfig`);
      }
      await using resumed = await (await backend.prepare({ ...wanted, resume: true })).launch();
      const { err, code } = await run(resumed, cloned("again", "echo again > again.txt; git add .; git commit -qm again; git push -q origin HEAD:refs/heads/agent/again"));
      expect({ err, code }).toEqual({ err: "", code: 0 });
      expect(await readFile(outside, "utf8").catch(() => "nothing")).toBe("nothing");
      expect(await state.read(wanted.identity)).toMatchObject({ status: "running" });
    });

    test("an abort while its git is told of the gate leaves nothing", async () => {
      const { backend, spec, stateFolders } = rig();
      const wanted = spec({ git: upstream.git });
      const before = await stateFolders();
      const abort = new AbortController();
      const launching = (await backend.prepare(wanted)).launch({ signal: abort.signal, onStep: (step) => step === "git" && abort.abort(new Error("stopped by the test")) });
      await expect(launching).rejects.toThrow("stopped by the test");
      expect(await backend.leftovers(wanted.identity)).toBe(0);
      expect(await stateFolders()).toEqual(before);
    });

    test("a bottle without an upstream has no gate and no settings for one", async () => {
      await using plain = await rig().launch();
      expect((await run(plain, "curl -sS -m 5 http://git-gate:9418/")).code).not.toBe(0);
      expect((await run(plain, "test -e ~/.gitconfig")).code).toBe(1);
    });

    test("an upstream with another host key than the pinned one is nobody's, and the reason is said inside", async () => {
      const [app] = upstream.git.repositories;
      const knownHostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB2Zl0nTgmjGMQ2b6zqDkq0mHGzQwQeJxR0CgZ4gO6mB";
      await using other = await rig().launch({ git: { repositories: app ? [{ ...app, knownHostKey }] : [] } });
      const { err, code } = await run(other, `git clone '${upstream.url}' /tmp/other`);
      expect(code).not.toBe(0);
      expect(err).toContain("The upstream of app cannot be reached");
    });
  });
}
