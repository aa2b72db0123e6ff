import { describe, expect, test } from "vitest";
import { realToken, run } from "./rig.ts";
import { sharedBottle } from "./shared-bottle.ts";
import type { ConformanceSetup } from "./suite.ts";

/** Looks for a text in everything the bottle can read: environment, processes, files. Exit 0: found. */
export function searchScript(text: string): string {
  // The needle is put together inside, so that the search cannot find itself. Where grep may not read everything it ends with 2, also if it found.
  const [a, b] = [text.slice(0, 6), text.slice(6)];
  return `set -f; n="${a}"; n="$n""${b}"
{ env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline; } 2>/dev/null | tr '\\0' '\\n' | grep -v '^n=' | grep -F "$n" | grep -vF 'eval "$(cat)"' && exit 0
set +f; found=$(grep -rlF "$n" /home /workspace /tmp /var /run /etc /opt /root /dev/shm 2>/dev/null); [ -n "$found" ] && echo "$found" && exit 0
exit 1`;
}

/** P1: no secret inside. */
export function secretPromises(setup: ConformanceSetup): void {
  describe("secrets", () => {
    const { rig, bottle } = sharedBottle(setup);

    test("the search would find what is there", async () => {
      const { code } = await run(bottle(), `echo found-${"me-here"} > /tmp/planted; ${searchScript("found-me-here")}`);
      await run(bottle(), "rm /tmp/planted");
      expect(code).toBe(0);
    });

    test("the real credential is in no variable, process or file the bottle can read", async () => {
      const { out, code } = await run(bottle(), searchScript(realToken));
      expect({ out, code }).toEqual({ out: "", code: 1 });
    });

    test("neither the CA's key nor the control socket nor the state directory is visible inside", async () => {
      const { control, egress, root } = rig().state.directory(bottle().identity);
      const { out } = await run(bottle(), `for p in '${control}' '${egress}' '${root}' '${rig().home}'; do test -e "$p" && echo "$p"; done; grep -rl 'PRIVATE KEY' /etc /home /workspace /tmp /run 2>/dev/null; true`);
      expect(out).toBe("");
    });

    test("the plan shows the credential's name and not its value", async () => {
      const { plan } = await rig().backend.prepare(rig().spec());
      expect(plan.tokenRefs).toEqual(["REAL_TOKEN"]);
      expect(JSON.stringify(plan)).not.toContain(realToken);
    });
  });
}
