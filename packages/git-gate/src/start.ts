import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { run } from "./git/run.ts";
import { gitEnvironment } from "./git/environment.ts";
import { findGitleaks, type GitleaksOptions, type GitleaksState } from "./gitleaks/find-gitleaks.ts";
import { GateError } from "./errors.ts";
import type { GateLimits, GitGate, GitGateOptions } from "./options.ts";
import { createHandler } from "./serve/handler.ts";
import { listen } from "./serve/listen.ts";
import { serveRepository } from "./serve/open-repository.ts";
import { createStock } from "./serve/stock.ts";
import { requireRepositories } from "./upstream/check.ts";
import { createReach, targetOf } from "./upstream/reach.ts";
import { type Relay, startRelay } from "./upstream/relay.ts";

const defaults: GateLimits = { objects: 1_000_000, objectBytes: 128 * 1024 * 1024, bytes: 8 * 1024 * 1024 * 1024, packBytes: 2 * 1024 * 1024 * 1024, scanMs: 600_000 };
/** Longer than the upstream may take: git says something every few seconds while a push is looked through. */
const idleMs = 900_000;
/** Of clients: eight for each request that may be under way. More would take the process its files. */
const mostConnections = 512;
const defaultHowToAsk = "ask the operator.";

/**
 * Starts a gate: answers once it listens.
 * @throws GateError `option-invalid`, `git-missing`, `gitleaks-missing`, `repository-failed`, `listen-failed`
 */
export async function startGitGate(options: GitGateOptions): Promise<GitGate> {
  await requireRepositories(options.repositories);
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  await requireGit(options.directory);
  const { state, gitleaks } = await findGitleaks(options.gitleaks ?? {}, join(options.directory, "gitleaks"));
  requireGitleaks(state, options.gitleaks);
  const limits = { ...defaults, ...options.limits };
  await using stack = new AsyncDisposableStack();
  const ownPorts: number[] = [];
  const relay = stack.use(await openRelay());
  ownPorts.push(relay.port);
  const reach = createReach(options, () => ownPorts);
  const stock = await createStock(options.repositories, async (declared) => {
    const door = relay.open(targetOf(declared), reach(declared));
    return serveRepository(declared, { directory: options.directory, limits, door, caCertificates: options.via?.caCertificates ?? [] }).catch((error: unknown) => {
      door.close();
      throw error;
    });
  });
  const handler = createHandler({ options, limits, stock, howToAsk: options.howToAsk ?? defaultHowToAsk, gitleaks });
  const server = createServer({ requestTimeout: 0, headersTimeout: 15_000, keepAliveTimeout: 75_000 }, handler.handle);
  server.setTimeout(idleMs);
  server.maxConnections = mostConnections;
  server.on("clientError", (_error, socket) => void socket.destroy());
  const address = await listen(server, options.listen);
  if ("port" in address) ownPorts.push(address.port);
  const resources = stack.move();
  let [generation, isStopping] = [1, false];
  let replaced: Promise<void> = Promise.resolve();
  return {
    address,
    gitleaks: state,
    get generation() {
      return generation;
    },
    get isFrozen() {
      return handler.isFrozen();
    },
    async reload(repositories) {
      await requireRepositories(repositories);
      if (isStopping) throw new GateError("stopped", "The git gate is stopping.");
      const replacing = stock.replace(repositories);
      replaced = replacing.catch(() => {});
      await replacing;
      generation += 1;
    },
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
      isStopping = true;
      handler.freeze();
      // Nor does anything wait for an upstream that does not answer.
      relay.freeze();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await replaced;
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
