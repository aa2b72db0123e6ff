import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStateStore, ownerLabel, type Bottle } from "@bottle/backend-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { resourceNames } from "./names.ts";
import { findOwned } from "./owned.ts";
import { createTestBackend } from "./testing/backend.ts";
import { engineEnv, testDocker } from "./testing/engine.ts";
import { plainSpec } from "./testing/plain-spec.ts";

const timeoutMs = 60_000;
const home = mkdtempSync(join(tmpdir(), "bottle-agent-"));
const wanted = plainSpec();
const label = ownerLabel(home, wanted.identity);
const docker = testDocker();
let bottle: Bottle;

beforeAll(async () => {
  const backend = createTestBackend(openStateStore(home), engineEnv());
  bottle = await (await backend.prepare(wanted)).launch();
}, timeoutMs);
afterAll(async () => {
  await bottle?.[Symbol.asyncDispose]();
  expect(await findOwned(docker, label)).toEqual([]);
  rmSync(home, { recursive: true, force: true });
}, timeoutMs);

const inside = async (script: string): Promise<string> => Buffer.from((await bottle.exec(script)).stdout).toString();

// Which TCP ports of an address answer, of all there are.
const scan = String.raw`use Socket; my $to = inet_aton($ARGV[0]); for my $port (1 .. 65535) { socket(my $s, PF_INET, SOCK_STREAM, 0);
local $SIG{ALRM} = sub { die "silence at $port" }; alarm 3; print "$port " if connect($s, pack_sockaddr_in($port, $to)) } print "end"`;

test("of the sidecars' container the egress answers the agent and nothing else, and on the outside network nothing at all", async () => {
  const { agent, sidecars, inside, outside } = resourceNames({ label });
  const addressOn = async (network: string): Promise<string> => (await docker.must(["inspect", "--format", `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, sidecars], "address")).trim();
  const { agent: image } = inject("dockerImages");
  const [toInside, toOutside] = await Promise.all([addressOn(inside), addressOn(outside)]);
  // Neither another bottle's network nor the host's default one leads there.
  const once = scan.replace("1 .. 65535", "8080 .. 8080").replace('die "silence at $port"', 'print("silence"), exit');
  const found = await Promise.all([["exec", agent, "perl", "-e", scan, toInside], ["run", "--rm", "--network", outside, image, "perl", "-e", scan, toOutside], ["run", "--rm", image, "perl", "-e", once, toOutside]].map((args) => docker.must(args, "scan")));
  expect(found).toEqual(["8080 end", "end", "silence"]);
}, 60_000);

// Every way to send a signal, also by a descriptor's owner (F_SETOWN 8, F_SETSIG 10, FASYNC 020000): says how many stopped anybody.
const stopper = String.raw`use Fcntl; use Socket; $| = 1; my $victim = fork; if (!$victim) { sleep 60 while 1 }
my $stopped = 0; my $look = sub { select(undef, undef, undef, 0.1); open my $s, "<", "/proc/$victim/stat"; $stopped++ if <$s> =~ /\) T /; kill "CONT", $victim };
kill "STOP", $victim; $look->(); kill "STOP", -1; $look->();
syscall($_->[0], @$_[1 .. $#$_]) for [200, $victim, 19], [234, $victim, $victim, 19]; $look->();
socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0); fcntl($a, 8, $victim + 0); fcntl($a, 10, 19); fcntl($a, F_SETFL, 020000 | fcntl($a, F_GETFL, 0)); syswrite($b, "x"); $look->();
print "stopped $stopped\n"; kill "KILL", $victim`;

test("no process inside can stop another: one stopped on its way in would hold the engine's lock, and the bottle could not be ended", async () => {
  expect(await inside(`perl -e '${stopper}'`)).toBe("stopped 0\n");
});

test("an agent that signals all it finds holds up neither a cancelled command nor the end of the bottle", async () => {
  await inside(`setsid perl -e 'while (1) { for (glob "/proc/[0-9]*") { m{(\d+)} && $1 != $$ && $1 != 1 && kill "STOP", $1 } select(undef, undef, undef, 0.01) }' > /dev/null 2>&1 &`);
  await expect(bottle.exec("sleep 600", { signal: AbortSignal.timeout(1500) })).rejects.toThrow();
}, 30_000);
