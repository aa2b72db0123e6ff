import type { Bottle } from "@bottle/backend-core";
import { describe, expect, test } from "vitest";
import { run } from "./rig.ts";
import { sharedBottle } from "./shared-bottle.ts";
import type { ConformanceSetup } from "./suite.ts";

const entries = 12;

/** What a hostile agent can do to the operator's own commands while they come in. */
export function enteringPromises(setup: ConformanceSetup): void {
  describe("entering", () => {
    const { bottle } = sharedBottle(setup);

    // Whoever may write a process's memory before its filter is loaded has a process without one.
    test("what enters can be written to by the agent only once it is confined", async () => {
      const found = await watch(bottle(), `
        open(my $status, "<", "/proc/$pid/status") or next; my $text = join "", <$status>;
        next unless $text =~ /^Seccomp:\\t0/m;
        sysopen(my $memory, "/proc/$pid/mem", 2) or next;
        open($status, "<", "/proc/$pid/status") or next; $text = join "", <$status>;
        print "taken over\\n" if $text =~ /^Seccomp:\\t0/m;`);
      expect(found).toBe("");
    });

    test("nothing of the host is open in what enters, nor where it works", async () => {
      const found = await watch(bottle(), `
        for my $link (glob("/proc/$pid/fd/*"), "/proc/$pid/cwd", "/proc/$pid/root", "/proc/$pid/exe") {
          my $to = readlink($link) // next;
          print "$link $to\\n" if $to =~ /^(mnt|user|pid|net):/ || (stat("$link/etc/machine-id") && stat("$link/etc/shadow"));
        }`);
      expect(found).toBe("");
    });

    // Run under a shell that left a folder of the host's open, these tests show it; a promise that holds shows nothing.
    test("neither a program that runs inside nor the first process has anything else open", async () => {
      const list = `perl -e 'for my $pid (1, "self") { opendir(my $d, "/proc/$pid/fd"); print "$pid $_ ", readlink("/proc/$pid/fd/$_"), "\\n" for grep { /[0-9]/ && $_ > 2 && ($pid eq 1 || $_ != fileno($d)) } readdir $d }'`;
      expect((await run(bottle(), list)).out).toBe("");
    });
  });
}

/** Runs perl for each process it has not had yet, as fast as it can, while others enter; returns what that printed. */
async function watch(bottle: Bottle, attack: string): Promise<string> {
  const program = `$| = 1; my $end = time + 20; unlink "/tmp/stop";
    while (time < $end && !-e "/tmp/stop") { opendir(my $d, "/proc"); for my $pid (grep { /^[0-9]+$/ && $_ > 1 && $_ != $$ } readdir $d) { ${attack} } }`;
  const watching = bottle.exec(`exec perl - <<'BOTTLE_END'\n${program}\nBOTTLE_END\n`);
  for (let count = 0; count < entries; count += 1) await bottle.exec("sleep 0.02");
  await bottle.exec("touch /tmp/stop");
  const { stdout, stderr } = await watching;
  expect(Buffer.from(stderr).toString()).toBe("");
  return Buffer.from(stdout).toString();
}
