import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createSecureContext } from "node:tls";
import { fileURLToPath } from "node:url";
import { connectTo, type Way } from "./client/connect.ts";
import { createExchanger } from "./client/exchange.ts";
import { freePort, type Program, type ProgramConfig, type ProgramReady, startProgram } from "./program.ts";

/** Names of the rows. */
export const names = { direct: "direct", tunnel: "CONNECT tunnel", block: "bottle, DLP block", off: "bottle, DLP off", mockttp: "mockttp", mitmproxy: "mitmproxy" } as const;

/** One row: a way to the upstream, and the process that is in it. */
export interface Contender extends AsyncDisposable {
  readonly name: string;
  readonly way: Way;
  /** Absent: nothing is in between. */
  readonly pid?: number;
}

type Key = keyof typeof names;
type Start = (config: ProgramConfig) => Promise<{ readonly program: Program; readonly ready: ProgramReady }>;

const starts: Readonly<Record<Exclude<Key, "direct">, Start>> = {
  tunnel: (config) => startOwn("tunnel", config),
  block: (config) => startOwn("bottle", { ...config, dlp: "block" }),
  off: (config) => startOwn("bottle", { ...config, dlp: "off" }),
  mockttp: (config) => startOwn("mockttp", config),
  mitmproxy: startMitmproxy,
};

/** Starts one, on a folder of its own. @throws Error unless it lets a request through and, if it intercepts, puts the credential on it */
export async function startContender(key: Key, config: ProgramConfig): Promise<Contender> {
  const { upstreamPort, upstreamCa, hosts } = config;
  if (key === "direct") {
    const way = { upstreamPort, secureContext: createSecureContext({ ca: upstreamCa }) };
    return { name: names.direct, way, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const { program, ready } = await starts[key](config);
  const way = { upstreamPort, proxyPort: ready.port, secureContext: createSecureContext({ ca: ready.ca ?? upstreamCa }) };
  const [host = ""] = hosts;
  const socket = await connectTo(way, host);
  const { start } = await createExchanger(socket).ask(`GET /login HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer none\r\n\r\n`);
  socket.destroy();
  if (key !== "tunnel" && start !== "there\n") throw new Error(`bench: ${names[key]} put no credential on a request: ${start}`);
  return { name: names[key], way, pid: program.pid, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** The keys of the rows in their order. @throws Error for an unknown one */
export function keysOf(only: readonly string[] | undefined): readonly Key[] {
  const keys = Object.keys(names) as readonly Key[];
  const unknown = only?.find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined) throw new Error(`bench: --only takes ${keys.join(", ")}, not ${unknown}.`);
  return keys.filter((key) => only?.includes(key) ?? true);
}

async function startOwn(file: string, config: ProgramConfig): ReturnType<Start> {
  const path = fileURLToPath(new URL(`./programs/${file}.ts`, import.meta.url));
  const program = startProgram([process.execPath, "--conditions=@bottle/source", path, JSON.stringify(config)], { isProxy: true });
  return { program, ready: JSON.parse(await program.line()) as ProgramReady };
}

async function startMitmproxy({ directory, upstreamPort, token }: ProgramConfig): ReturnType<Start> {
  const port = await freePort();
  const addon = fileURLToPath(new URL("./programs/mitmproxy-addon.py", import.meta.url));
  const settings = [`confdir=${directory}`, `ssl_verify_upstream_trusted_ca=${join(directory, "../upstream-ca.pem")}`, "http2=false"];
  const program = startProgram([
    "env", `BENCH_UPSTREAM_PORT=${upstreamPort}`, `BENCH_TOKEN=${token}`, "mitmdump", "--quiet", "--listen-host", "127.0.0.1", "--listen-port", String(port),
    "--scripts", addon, ...settings.flatMap((setting) => ["--set", setting]),
  ], { isProxy: true });
  await untilListening(port);
  return { program, ready: { port, ca: await readFile(join(directory, "mitmproxy-ca-cert.pem"), "utf8") } };
}

/** @throws Error after half a minute */
export async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const socket = connect({ host: "127.0.0.1", port });
    const isOpen = await once(socket, "connect").then(() => true, () => false);
    socket.destroy();
    if (isOpen) return;
    await delay(100);
  }
  throw new Error(`bench: nothing listens on port ${port}.`);
}
