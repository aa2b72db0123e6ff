import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interleave, machine } from "../measure.ts";
import { type Contender, keysOf, names, startContender, untilListening } from "./contenders.ts";
import { aMillionRequests, idleConnections } from "./endurance.ts";
import { startEventsServer } from "./events-server.ts";
import { visitFreshHosts } from "./fresh-hosts.ts";
import { type EgressBenchOptions, parseOptions } from "./options.ts";
import { pinLoad } from "./program.ts";
import { type Measured, reportEgress } from "./report.ts";
import { kinds, loadAll, warmUp } from "./requests.ts";
import { abortOnce, streamEvents } from "./stream-events.ts";
import { startUpstream } from "./upstream.ts";

const host = "load.bench.test";
const eventRounds = 3;
// For those that would take minutes over it.
const warmUpSeconds = 20;

/** The egress proxy beside others in one run, over one upstream on loopback: proxies on core 0, client and upstream on core 1. */
export async function benchEgress(args: readonly string[]): Promise<string> {
  const options = parseOptions(args);
  const keys = keysOf(options.only);
  const folder = await mkdtemp(join(tmpdir(), "bottle-bench-egress-"));
  const token = `bench-${randomBytes(24).toString("hex")}`;
  const hosts = [host, ...Array.from({ length: options.freshHosts }, (_, index) => `fresh${index}.bench.test`)];
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await pinLoad();
  const events = stack.use(await startEventsServer());
  const upstream = stack.use(await startUpstream(folder, { eventsPort: events.port, token }));
  await untilListening(upstream.port);
  await writeFile(join(folder, "upstream-ca.pem"), upstream.ca);
  const contenders: Contender[] = [];
  for (const key of keys) {
    const directory = join(folder, key);
    await mkdir(directory);
    const config = { upstreamPort: upstream.port, upstreamCa: upstream.ca, hosts, token, directory };
    contenders.push(stack.use(await startContender(key, config)));
  }
  const say = (what: string): void => void process.stderr.write(`bench egress: ${what} …\n`);
  const measured: Measured = await measure(contenders, { options, hosts: hosts.slice(1), say, abort: (contender) => abortOnce(contender, host, events) });
  const endurance = options.isLong ? await endure(contenders.filter(({ name }) => name === names.block), say) : [];
  return [introduction(options), "", reportEgress(measured), ...endurance.map((line) => `\n${line}.`)].join("\n");
}

async function measure(contenders: readonly Contender[], given: {
  readonly options: EgressBenchOptions;
  readonly hosts: readonly string[];
  readonly say: (what: string) => void;
  readonly abort: (contender: Contender) => Promise<number>;
}): Promise<Measured> {
  const { say } = given;
  const { rounds, seconds, aborts } = given.options;
  const turns = { host, rounds, seconds };
  say("warming up");
  await warmUp(contenders, { host, requests: given.options.warmUpRequests, seconds: warmUpSeconds });
  say("first requests to fresh hosts");
  const fresh = await visitFreshHosts(contenders, given.hosts);
  say("1 KB, 32 connections");
  const small32 = await loadAll(contenders, kinds.small32, turns);
  say("1 KB, 1 connection");
  const small1 = await loadAll(contenders, kinds.small1, turns);
  say("10 MB, 8 connections");
  const large8 = await loadAll(contenders, kinds.large8, turns);
  say("events");
  const streamed = await interleave(contenders.map((contender) => ({ name: contender.name, run: () => streamEvents(contender, host, seconds) })), Math.min(rounds, eventRounds));
  say("aborts");
  const aborted = await interleave(contenders.map((contender) => ({ name: contender.name, run: () => given.abort(contender) })), aborts);
  return { fresh, small32, small1, large8, streamed, aborted };
}

async function endure(contenders: readonly Contender[], say: (what: string) => void): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const contender of contenders) {
    say("idle connections");
    lines.push(await idleConnections(contender, host));
    say("a million requests");
    lines.push(await aMillionRequests(contender, host));
  }
  return lines;
}

function introduction({ rounds, seconds }: EgressBenchOptions): string {
  return `One run, contenders in turn, median of ${rounds} rounds of ${seconds} s with their range. Each proxy is a process on core 0; client and upstream (nginx, TLS) are on core 1, `
    + `which bounds every row whose proxy is faster than they are. Every proxy but the tunnel ends TLS, verifies the upstream and puts a bearer on each request; bodies stream through mitmproxy by its addon. `
    + `No contender writes a log. ${machine()}.`;
}
