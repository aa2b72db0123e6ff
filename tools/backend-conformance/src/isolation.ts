import { describe, expect, test } from "vitest";
import { run } from "./rig.ts";
import { sharedBottle } from "./shared-bottle.ts";
import type { ConformanceSetup } from "./suite.ts";

/** What a hostile agent with a shell tries first. */
export function isolationPromises(setup: ConformanceSetup): void {
  describe("isolation", () => {
    const { bottle } = sharedBottle(setup);

    test("the account is node, without capabilities, with no_new_privs and a seccomp filter", async () => {
      const { out } = await run(bottle(), "id -un; grep -E '^(CapInh|CapPrm|CapEff|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t'");
      expect(out).toBe(`node\nCapInh:${"0".repeat(16)}\nCapPrm:${"0".repeat(16)}\nCapEff:${"0".repeat(16)}\nCapAmb:${"0".repeat(16)}\nNoNewPrivs:1\nSeccomp:2\n`);
    });

    test.each([
      ["a new user namespace", "unshare -U true"],
      ["a new network namespace", "unshare -n true"],
      ["a mount", "mount -t tmpfs none /tmp"],
      ["an unmount", "umount /etc/bottle"],
      ["another's namespaces", "nsenter -t 1 -m true"],
      ["a network device", "ip link add dummy0 type dummy"],
      ["a route", "ip route add default dev lo"],
      ["a raw socket", `perl -MSocket -e 'socket(my $s, PF_INET, SOCK_RAW, 1) or exit 1'`],
      ["a vsock socket", `perl -e 'socket(my $s, 40, 1, 0) or exit 1'`],
      ["pushing keys into a terminal (TIOCSTI)", `perl -e 'open(my $t, "<", "/dev/ptmx") or exit 1; my $c = "x"; ioctl($t, 0x5412, $c) or exit 1'`],
      ["the kernel's core pattern", "cat /proc/sys/kernel/core_pattern > /tmp/same && cat /tmp/same > /proc/sys/kernel/core_pattern"],
      ["the mode of a device of the host", "chmod 666 /dev/null"],
      ["the kernel's pressure triggers", "test -e /proc/pressure/memory || exit 1; echo 'some 150000 1000000' 1<> /proc/pressure/memory"],
      ["the kernel's request keys", "echo h > /proc/sysrq-trigger"],
      ["a system program", "echo > /usr/bin/env"],
      ["the name table", "echo > /etc/hosts"],
      ["the trusted CAs", "echo > /etc/bottle/ca.pem"],
      ["the root folder", "mkdir /new"],
      ["shadow", "cat /etc/shadow"],
    ])("%s is out of reach", async (_, attack) => {
      expect((await run(bottle(), `${attack} 2>/dev/null`)).code).not.toBe(0);
    });

    test("only the bottle's own processes are to be seen", async () => {
      const { out } = await run(bottle(), "cat /proc/[0-9]*/comm | sort | uniq -c | sort -rn | wc -l; ls -d /proc/[0-9]* | wc -l");
      const [, count = "99"] = out.split("\n");
      expect(Number(count)).toBeLessThan(15);
      expect((await run(bottle(), "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c -E 'rela[y]/|sidecar[s]'")).out).toBe("0\n");
    });

    test("killing everything inside leaves the bottle usable", async () => {
      await bottle().exec("kill -9 -1").catch(() => undefined);
      expect((await run(bottle(), "echo alive")).out).toBe("alive\n");
    });

    test("the first process cannot be killed or traced from inside", async () => {
      expect((await run(bottle(), "kill -9 1; kill -STOP 1; kill -TERM 1; sleep 0.2; echo alive")).out).toBe("alive\n");
      expect((await run(bottle(), "perl -e 'exit(syscall(101, 16, 1, 0, 0) == 0 ? 0 : 1)'")).code).toBe(1);
    });

    test("node, git, python and bash work", async () => {
      const { out, err } = await run(bottle(), "cd /tmp && node -e 'console.log(1 + 1)' && git init -q repo && bash -c 'echo bash' && (command -v python3 > /dev/null && python3 -c 'print(\"python\")' || echo python)");
      expect({ out, err: err.replace(/hint:.*\n/g, "") }).toEqual({ out: "2\nbash\npython\n", err: "" });
    });
  });
}
