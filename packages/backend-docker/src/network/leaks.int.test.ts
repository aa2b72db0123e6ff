import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { composeUp, findCompose } from "../compose/compose.ts";
import { makeEmptySettings } from "../compose/empty-settings.ts";
import { renderCompose, type GatewayMode } from "../compose/render.ts";
import { createDocker, type Docker } from "../engine/docker.ts";
import { checkEngine } from "../host/check-host.ts";
import { resourceNames } from "../names.ts";
import { startLeakyHost, type LeakyHost } from "../testing/leaky-host.ts";
import { importTinyImage } from "../testing/tiny-image.ts";
import { checkClosed, hostAddresses } from "./check-closed.ts";
import { closedProbes } from "./self-check.ts";

const label = "0123456789ab:leaks-abc12";
const names = resourceNames({ label });
const folder = mkdtempSync(join(tmpdir(), "bottle-leaks-"));
const stack = new AsyncDisposableStack();
let host: LeakyHost;
let docker: Docker;
let image: string;
let bridge: string;

beforeAll(async () => {
  host = stack.use(await startLeakyHost());
  docker = createDocker(host.env, label);
  image = await importTinyImage(docker);
  // Older engines do not tell their first bridge's gateway; it is the first address.
  bridge = (await addressOf("network", "bridge", "{{(index .IPAM.Config 0).Subnet}}")).replace(/\.0\/\d+$/, ".1");
  await must("network", "create", "--internal", "plain");
  const file = renderCompose({
    names, labels: { "bottle.owned": label }, images: { agent: image, sidecars: image }, env: {}, secretNames: [],
    limits: {}, architecture: process.arch === "arm64" ? "arm64" : "x64", hasWorkspace: false, mounts: [], gatewayMode: await gatewayModeOf(docker),
  });
  await composeUp(await findCompose(docker), { file, project: names.project, images: [image], secrets: {}, settings: await makeEmptySettings(folder) });
}, 120_000);
afterAll(async () => {
  await stack.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
});

async function gatewayModeOf(docker: Docker): Promise<GatewayMode> {
  const engine = await checkEngine(docker);
  if (!engine.available) throw new Error(engine.reason);
  return engine.gatewayMode;
}

const must = (...args: string[]): Promise<string> => docker.must(args, args.join(" "));
const addressOf = async (kind: string, name: string, format: string): Promise<string> => (await must(kind, "inspect", "--format", format, name)).trim();
const inside = (network: string): Promise<string> => addressOf("container", names.sidecars, `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`);

// Perl gives what it read, or why it could not.
const web = String.raw`use Socket; $SIG{ALRM} = sub { print "silence"; exit }; alarm 4; my ($address, $port) = @ARGV;
socket(my $s, PF_INET, SOCK_STREAM, 0); connect($s, pack_sockaddr_in($port, inet_aton($address))) or do { print "no way: $!"; exit };
syswrite($s, "GET / HTTP/1.0\r\n\r\n"); print while <$s>;`;
const lookup = String.raw`use Socket; socket(my $s, PF_INET, SOCK_DGRAM, 0); my ($server, $name) = @ARGV;
my $q = pack("n6", 7, 0x100, 1, 0, 0, 0) . join("", map { pack("C/a*", $_) } split /\./, $name) . "\0" . pack("n2", 1, 1);
send($s, $q, 0, pack_sockaddr_in(53, inet_aton($server))); my $r = ""; vec($r, fileno($s), 1) = 1;
if (select($r, undef, undef, 3)) { recv($s, my $a, 512, 0); printf "answer %d", unpack("x3 C", $a) & 15 } else { print "silence" }`;

/** Runs perl in a new container on an ordinary internal network, or in the agent's. */
const onPlain = (script: string, ...args: string[]): Promise<string> => must("run", "--rm", "--network", "plain", image, "perl", "-e", script, ...args);
const inAgent = (script: string, ...args: string[]): Promise<string> => must("exec", names.agent, "perl", "-e", script, ...args);
const randomName = (): string => `${randomBytes(8).toString("hex")}.example.com`;
const gatewayOf = (network: string): Promise<string> => addressOf("network", network, "{{(index .IPAM.Config 0).Gateway}}");

test("an ordinary internal network reads the host's services, on its gateway and on the other bridges; the agent's does not", async () => {
  for (const address of [await gatewayOf("plain"), bridge]) expect(await onPlain(web, address, String(host.port))).toContain("the host answers");
  for (const address of [await gatewayOf(names.inside), await gatewayOf(names.outside), bridge]) {
    expect(await inAgent(web, address, String(host.port))).toMatch(/^(silence|no way)/);
  }
});

test("an ordinary internal network asks the host's resolver for any name; the agent's reaches nobody", async () => {
  const [leaked, kept, keptToo] = [randomName(), randomName(), randomName()];
  expect(await onPlain(lookup, "127.0.0.11", leaked)).toBe("answer 0");
  expect(host.asked()).toContain(leaked);
  expect(await inAgent(lookup, "127.0.0.11", kept)).not.toBe("answer 0");
  expect(await inAgent(lookup, "127.0.0.1", keptToo)).toBe("silence");
  expect(host.asked()).not.toContain(kept);
  expect(host.asked()).not.toContain(keptToo);
});

test("the agent finds its sidecars by name all the same, and asks for another name once, for one second", async () => {
  const find = "my $a = gethostbyname($ARGV[0]); print defined $a ? join('.', unpack('C4', $a)) : 'unknown'";
  for (const name of ["egress", "git-gate", "supervise"]) expect(await inAgent(find, name)).toBe(await inside(names.inside));
  expect(await inAgent(find, randomName())).toBe("unknown");
  expect((await must("exec", names.agent, "cat", "/etc/resolv.conf")).match(/^options .*/m)?.[0].split(" ")).toEqual(expect.arrayContaining(["timeout:1", "attempts:1"]));
});

test("the agent's side has no IPv6 address at all, and nothing of the host's search domains", async () => {
  expect(await must("exec", names.agent, "cat", "/proc/net/if_inet6")).toBe("");
  expect(await must("exec", names.sidecars, "cat", "/proc/net/if_inet6")).toBe("");
  expect(await must("exec", names.agent, "cat", "/etc/resolv.conf")).not.toMatch(/^(search|domain)/m);
});

const lookIn = (container: string) => async (script: Promise<string>): Promise<string> => docker.must(["exec", "--interactive", container, "sh"], "look", { input: await script });

const check = (container: string, inside: string): Promise<string> => checkClosed({ addresses: hostAddresses({ docker, networks: [inside, names.outside] }), look: lookIn(container) });

test("the probes of every launch find each leak of an ordinary internal network, and none of the agent's", async () => {
  await must("run", "--detach", "--name", "leaky", "--network", "plain", image);
  await must("run", "--detach", "--name", "mute", "--network", "plain", "--dns", "127.0.0.1", image);
  await must("run", "--detach", "--name", "asking", "--network", names.inside, image);
  await expect(check("mute", "plain")).rejects.toMatchObject({ code: "self-check-failed", message: `The bottle was stopped: from inside, the host answers at ${await gatewayOf("plain")} port 1.` });
  await expect(check("asking", names.inside)).rejects.toMatchObject({ code: "self-check-failed", message: "The bottle was stopped: from inside, 127.0.0.11 carries DNS questions out (random name)." });
  await expect(check("leaky", "plain")).rejects.toMatchObject({ code: "self-check-failed" });
  await check(names.agent, names.inside);
  expect(await inAgent("exec @ARGV", "sh", "-c", closedProbes({ addresses: [bridge] }))).toMatch(/\nprobes 6\n$/);
});

test("the probes find a host whose firewall drops every port they try, and whose others answer", async () => {
  const gateway = await gatewayOf("plain");
  host.dropPorts([1, 22, 80, 2375]);
  await must("run", "--detach", "--name", "walled", "--network", "plain", "--dns", "127.0.0.1", image);
  expect(await must("exec", "walled", "perl", "-e", web, gateway, String(host.port))).toContain("the host answers");
  await expect(check("walled", "plain")).rejects.toMatchObject({ message: `The bottle was stopped: from inside, the host answers at ${gateway} port 1.` });
});

const slowResolver = String.raw`use Socket; socket(my $s, PF_INET, SOCK_DGRAM, 0); bind($s, pack_sockaddr_in(53, INADDR_ANY)) or die;
while (my $from = recv($s, my $q, 512, 0)) { select(undef, undef, undef, 0.25); send($s, substr($q, 0, 2) . pack("n5", 0x8180, 1, 1, 0, 0) . substr($q, 12) . pack("n3 N n a4", 0xc00c, 1, 1, 9, 4, "\xc0\0\2\7"), 0, $from) }`;

test("the probes find a resolver that asks bottle's server first and then a slow one", async () => {
  await must("run", "--detach", "--name", "slow", "--network", names.inside, image, "perl", "-e", slowResolver);
  const slow = await addressOf("container", "slow", `{{(index .NetworkSettings.Networks "${names.inside}").IPAddress}}`);
  await must("run", "--detach", "--name", "second", "--network", names.inside, "--dns", "127.0.0.1", "--dns", slow, image);
  await expect(check("second", names.inside)).rejects.toMatchObject({ message: "The bottle was stopped: from inside, 127.0.0.11 carries DNS questions out (random name)." });
});

// struct rtentry of 64-bit Linux (net/route.h), 0x890b is SIOCADDRT, flags 7: up, by gateway, to one host.
const throughGateway = String.raw`use Socket; my ($to, $by) = @ARGV; my $of = sub { pack("S n a4 x8", 2, 0, inet_aton($_[0])) };
socket(my $s, PF_INET, SOCK_DGRAM, 0); ioctl($s, 0x890b, my $route = pack("x8 a16 a16 a16 S x62", $of->($to), $of->($by), $of->("255.255.255.255"), 7)) or die "route: $!";
for (1 .. 5) { send($s, "carried out", 0, pack_sockaddr_in(9000, inet_aton($to))); select(undef, undef, undef, 0.1) }`;
const witness = String.raw`use Socket; $| = 1; socket(my $s, PF_INET, SOCK_DGRAM, 0); bind($s, pack_sockaddr_in(9000, INADDR_ANY)); while (recv($s, my $m, 99, 0)) { print "$m\n" }`;

test("a container on both networks forwards what is sent by it; the sidecars' does not, even for one who may set routes", async () => {
  host.unfilterBridges();
  await must("run", "--detach", "--name", "forwarder", "--network", names.inside, "--sysctl", "net.ipv4.ip_forward=1", image);
  await must("network", "connect", names.outside, "forwarder");
  const forwarder = await addressOf("container", "forwarder", `{{(index .NetworkSettings.Networks "${names.inside}").IPAddress}}`);
  const heardBy = async (gateway: string): Promise<string> => {
    await must("run", "--detach", "--name", "witness", "--network", names.outside, image, "perl", "-e", witness);
    const to = await addressOf("container", "witness", `{{(index .NetworkSettings.Networks "${names.outside}").IPAddress}}`);
    await must("run", "--rm", "--cap-add", "NET_ADMIN", "--network", names.inside, image, "perl", "-e", throughGateway, to, gateway);
    const heard = await must("logs", "witness");
    await must("rm", "--force", "witness");
    return heard;
  };
  expect(await heardBy(forwarder)).toContain("carried out");
  expect(await heardBy(await inside(names.inside))).toBe("");
});

test("the agent cannot set routes, open raw sockets or change the network's settings", async () => {
  expect(await inAgent(String.raw`use Socket; socket(my $s, PF_INET, SOCK_RAW, 1) and print "raw"; print $!`)).toBe("Operation not permitted");
  expect(await inAgent(throughGateway.replace('die "route: $!"', '(print($!), exit)'), "192.0.2.1", await inside(names.inside))).toBe("Operation not permitted");
  expect(await inAgent(String.raw`open(my $f, ">", "/proc/sys/net/ipv6/conf/all/disable_ipv6") or print $!`)).toMatch(/Read-only file system|Permission denied/);
});
