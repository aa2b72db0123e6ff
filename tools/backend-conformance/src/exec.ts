import { describe, expect, test } from "vitest";
import { run } from "./rig.ts";
import { sharedBottle } from "./shared-bottle.ts";
import type { ConformanceSetup } from "./suite.ts";

/** `exec`: exit codes, streams, cancelling. */
export function execPromises(setup: ConformanceSetup): void {
  describe("exec", () => {
    const { bottle } = sharedBottle(setup);

    test.each([0, 1, 42, 126, 127, 255])("exit code %d comes through", async (code) => {
      expect((await run(bottle(), `exit ${code}`)).code).toBe(code);
    });

    test("both streams come through, apart", async () => {
      expect(await run(bottle(), "echo out; echo err >&2; exit 3")).toEqual({ out: "out\n", err: "err\n", code: 3 });
    });

    test("bytes come through as they are", async () => {
      const { stdout } = await bottle().exec(`perl -e 'print pack("C*", 0..255)'`);
      expect([...stdout]).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
    });

    test("megabytes come through whole", async () => {
      const { stdout } = await bottle().exec("head -c 8000000 /dev/zero");
      expect(stdout.byteLength).toBe(8_000_000);
    });

    test("a command that reads its input does not swallow the rest of the script", async () => {
      expect((await run(bottle(), "cat > /dev/null\necho still here")).out).toBe("still here\n");
    });

    test("the script is in no argument list", async () => {
      expect((await run(bottle(), "needle=in-a-script; tr '\\0' ' ' < /proc/$$/cmdline")).out).not.toContain("in-a-script");
    });

    test("folder and variables are as asked, on top of the bottle's own", async () => {
      const { stdout } = await bottle().exec("pwd; echo $PLAIN $EXTRA", { cwd: "/tmp", env: { EXTRA: "extra" } });
      expect(Buffer.from(stdout).toString()).toBe("/tmp\nplain value extra\n");
    });

    test("a variable of one call that steers loaders, shells or clients reaches the command, and nothing on the host", async () => {
      const env = { LD_PRELOAD: "/nowhere.so", PATH: "/nowhere:/usr/bin:/bin", PERL5OPT: "-Mnowhere", DOCKER_HOST: "unix:///nowhere.sock", BASH_ENV: "/nowhere", ODD: "a=b\n$(id) \u{1f512}" };
      const { stdout, exitCode } = await bottle().exec("printf '%s|' \"$LD_PRELOAD\" \"$PATH\" \"$PERL5OPT\" \"$DOCKER_HOST\" \"$BASH_ENV\" \"$ODD\"", { env });
      expect({ exitCode, text: Buffer.from(stdout).toString() }).toEqual({ exitCode: 0, text: `${Object.values(env).join("|")}|` });
    });

    test("cancelling ends the processes inside as well", async () => {
      const marker = `sleep ${30_000 + Math.floor(Math.random() * 1000)}`;
      const abort = new AbortController();
      const running = bottle().exec(`${marker} & ${marker}`, { signal: abort.signal });
      await expect.poll(async () => (await run(bottle(), "ps ax -o args= 2>/dev/null || cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).out).toContain(marker);
      abort.abort();
      await expect(running).rejects.toThrow();
      const { out } = await run(bottle(), `cat /proc/[0-9]*/cmdline | tr '\\0' ' '`);
      expect(out).not.toContain(marker);
    });

    test("an aborted signal starts nothing", async () => {
      await expect(bottle().exec("touch /tmp/started", { signal: AbortSignal.abort() })).rejects.toThrow();
      expect((await run(bottle(), "test -e /tmp/started")).code).toBe(1);
    });
  });
}
