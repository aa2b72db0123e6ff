import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

/** A host as many are: services on all its addresses, and a resolver on its loopback that the engine forwards to. */
export interface LeakyHost extends AsyncDisposable {
  readonly env: { readonly DOCKER_HOST: string };
  /** The port on which the host answers HTTP on every address it has. */
  readonly port: number;
  /** Names the host's resolver has been asked for. */
  asked(): readonly string[];
  /** Lets bridged packets pass without the engine's own filter, as on a host without br_netfilter. */
  unfilterBridges(): void;
  /** Lets its firewall drop what comes for these TCP ports. */
  dropPorts(ports: readonly number[]): void;
}

const port = 8123;

// Loopback is down in a new network namespace; 0x8914 is SIOCSIFFLAGS, 0x41 up and running (netdevice(7)).
const servers = String.raw`use strict; use Socket; $| = 1;
socket(my $control, PF_INET, SOCK_DGRAM, 0) or die;
ioctl($control, 0x8914, my $request = pack("a16 s x14", "lo", 0x41)) or die "lo: $!";
socket(my $dns, PF_INET, SOCK_DGRAM, 0) or die; bind($dns, pack_sockaddr_in(53, inet_aton("127.0.0.1"))) or die "dns: $!";
socket(my $http, PF_INET, SOCK_STREAM, 0) or die; setsockopt($http, SOL_SOCKET, SO_REUSEADDR, 1);
bind($http, pack_sockaddr_in($ARGV[0], INADDR_ANY)) or die "http: $!"; listen($http, 64);
print "ready\n";
while (1) {
  my $in = ""; vec($in, fileno($_), 1) = 1 for $dns, $http, \*STDIN;
  select(my $can = $in, undef, undef, undef);
  exit if vec($can, fileno(STDIN), 1);
  if (vec($can, fileno($http), 1) && accept(my $peer, $http)) {
    sysread($peer, my $ignored, 4096);
    syswrite($peer, "HTTP/1.0 200 OK\r\n\r\nthe host answers"); close($peer);
  }
  if (vec($can, fileno($dns), 1) && defined(my $from = recv($dns, my $query, 512, 0))) {
    my ($at, @labels) = 12;
    while (my $length = unpack("x$at C", $query)) { push @labels, substr($query, $at + 1, $length); $at += $length + 1 }
    print join(".", @labels), "\n";
    my $question = substr($query, 12, $at - 7);
    send($dns, substr($query, 0, 2) . pack("n5", 0x8180, 1, 1, 0, 0) . $question . pack("n3 N n a4", 0xc00c, 1, 1, 9, 4, "\xc0\0\2\7"), 0, $from);
  }
}`;

const engine = `import { startOwnDockerEngine } from "@bottle/docker-engine";
await using engine = await startOwnDockerEngine();
console.log(engine.env.DOCKER_HOST);
for await (const _ of process.stdin);`;

/** Starts an engine whose host's resolv.conf names 127.0.0.1, in network and mount namespaces of its own, with its servers. Needs root. */
export async function startLeakyHost(): Promise<LeakyHost> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "bottle-leaky-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "resolv.conf"), "nameserver 127.0.0.1\n");
  const program = `mount --bind ${folder}/resolv.conf /etc/resolv.conf && exec "$@"`;
  const host = await firstLine(stack, ["unshare", "--mount", "sh", "-c", program, "sh", process.execPath, "--conditions=@bottle/source", "--input-type=module", "-e", engine]);
  const pid = readFileSync(join(dirname(host.line.replace("unix://", "")), "docker.pid"), "utf8").trim();
  const names: string[] = [];
  const served = await firstLine(stack, ["nsenter", "--target", pid, "--net", "perl", "-e", servers, String(port)], (line) => names.push(line));
  if (served.line !== "ready") throw new Error(`The host's servers said "${served.line}".`);
  const resources = stack.move();
  const unfilterBridges = (): void => void execFileSync("nsenter", ["--target", pid, "--net", "sh", "-c", "echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables"]);
  const dropPorts = (ports: readonly number[]): void => void execFileSync("nsenter", ["--target", pid, "--net", "iptables", "--insert", "INPUT", "--protocol", "tcp", "--match", "multiport", "--dports", ports.join(","), "--jump", "DROP"]);
  return { env: { DOCKER_HOST: host.line }, port, asked: () => [...names], unfilterBridges, dropPorts, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function firstLine(stack: AsyncDisposableStack, command: readonly string[], onLine?: (line: string) => void): Promise<{ readonly line: string }> {
  const child = spawn(command[0] ?? "", command.slice(1), { stdio: ["pipe", "pipe", "inherit"], cwd: import.meta.dirname });
  stack.defer(() => end(child));
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, "line").then(([first]) => String(first)),
    once(child, "exit").then(() => Promise.reject(new Error(`${command[0] ?? ""} ended early.`))),
    delay(90_000, undefined, { ref: false }).then(() => Promise.reject(new Error(`${command[0] ?? ""} said nothing.`))),
  ]);
  if (onLine) lines.on("line", onLine);
  return { line };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.stdin?.destroy();
  await ended;
}
