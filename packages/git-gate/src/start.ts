import { once } from "node:events";
import { chmod, mkdir, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { run } from "./git/run.ts";
import { gitEnvironment } from "./git/environment.ts";
import { findGitleaks, type GitleaksOptions, type GitleaksState } from "./gitleaks/find-gitleaks.ts";
import { GateError } from "./errors.ts";
import type { GateLimits, GitGate, GitGateOptions } from "./options.ts";
import { createHandler } from "./serve/handler.ts";
import { serveRepository, type Served } from "./serve/open-repository.ts";
import { checkRepositories } from "./upstream/check.ts";
import { createReach, targetOf } from "./upstream/reach.ts";
import { type Relay, startRelay } from "./upstream/relay.ts";

const defaults: GateLimits = { objects: 1_000_000, objectBytes: 128 * 1024 * 1024, bytes: 8 * 1024 * 1024 * 1024, packBytes: 2 * 1024 * 1024 * 1024, scanMs: 600_000 };
/** Longer than the upstream may take: git says something every few seconds while a push is looked through. */
const idleMs = 900_000;
const defaultHowToAsk = "ask the operator.";

/**
 * Starts a gate: answers once it listens.
 * @throws GateError `option-invalid`, `git-missing`, `gitleaks-missing`, `repository-failed`, `listen-failed`
 */
export async function startGitGate(options: GitGateOptions): Promise<GitGate> {
  const fault = checkRepositories(options.repositories);
  if (fault !== undefined) throw new GateError("option-invalid", fault);
  for (const { name, identityFile } of options.repositories) await requireIdentity(name, identityFile);
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  await requireGit(options.directory);
  const { state, gitleaks } = await findGitleaks(options.gitleaks ?? {}, join(options.directory, "gitleaks"));
  requireGitleaks(state, options.gitleaks);
  const limits = { ...defaults, ...options.limits };
  await using stack = new AsyncDisposableStack();
  const ownPorts: number[] = [];
  const connect = createReach(options, options.repositories, () => ownPorts);
  const relay = stack.use(await openRelay());
  ownPorts.push(relay.port);
  const served = new Map<string, Served>();
  for (const declared of options.repositories) {
    const door = relay.open(targetOf(declared), connect);
    try {
      served.set(declared.name, await serveRepository(declared, { directory: options.directory, limits, door, caCertificates: options.via?.caCertificates ?? [] }));
    } catch (cause) {
      throw new GateError("repository-failed", `The repository for ${declared.name} in ${options.directory} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  const handler = createHandler({ options, limits, served, howToAsk: options.howToAsk ?? defaultHowToAsk, gitleaks });
  const server = createServer({ requestTimeout: 0, headersTimeout: 15_000, keepAliveTimeout: 75_000 }, handler.handle);
  server.setTimeout(idleMs);
  server.on("clientError", (_error, socket) => void socket.destroy());
  const { listen } = options;
  try {
    server.listen("unix" in listen ? listen.unix : { host: listen.host, port: listen.port });
    await once(server, "listening");
    if ("unix" in listen) await chmod(listen.unix, 0o600);
  } catch (cause) {
    throw new GateError("listen-failed", `The git gate cannot listen on ${"unix" in listen ? listen.unix : `${listen.host}:${listen.port}`}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const bound = server.address();
  const address = "unix" in listen || bound === null || typeof bound === "string" ? listen : { host: listen.host, port: bound.port };
  if ("port" in address) ownPorts.push(address.port);
  const resources = stack.move();
  return {
    address,
    gitleaks: state,
    freeze() {
      handler.freeze();
      relay.freeze();
      server.closeAllConnections();
    },
    thaw() {
      handler.thaw();
      relay.thaw();
    },
    async [Symbol.asyncDispose]() {
      handler.freeze();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await handler.settled();
      await resources.disposeAsync();
    },
  };
}

async function openRelay(): Promise<Relay> {
  return startRelay().catch((cause: unknown) => {
    throw new GateError("listen-failed", `The git gate cannot listen on 127.0.0.1 for what it starts itself: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
}

// As ssh does, which says so only when it is used.
async function requireIdentity(name: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new GateError("option-invalid", `The identity file of ${name}, ${file}, is not there: make it with ssh-keygen, or name another.`);
  if ((found.mode & 0o077) !== 0) throw new GateError("option-invalid", `The identity file of ${name}, ${file}, can be read by others, and ssh takes no such key: chmod 600 ${file}`);
}

async function requireGit(home: string): Promise<void> {
  const version = await run({ argv: ["git", "--version"], env: gitEnvironment(home) }).catch(() => undefined);
  const [, major = "0", minor = "0"] = /^git version ([0-9]+)\.([0-9]+)/.exec(version?.stdout.toString() ?? "") ?? [];
  if (Number(major) * 1000 + Number(minor) < 2036) throw new GateError("git-missing", "The git gate needs git 2.36 or newer on PATH: install git.");
}

function requireGitleaks(found: GitleaksState, { use, program = "gitleaks" }: GitleaksOptions = {}): void {
  if (use !== "required" || found.state === "used") return;
  if (found.state === "not-trusted") throw new GateError("gitleaks-missing", `The git gate does not trust ${program}: ${found.why}. Nothing starts without it, since it is required.`);
  throw new GateError("gitleaks-missing", `The git gate needs ${program}, which is not there: install it, or do not require it.`);
}
