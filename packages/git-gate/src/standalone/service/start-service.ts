import { type AuditEntry, type AuditLog, openAuditLog, type Orders, readUpstreamProxy, startOperatorServer, type World } from "@bottle/standalone";
import type { GitGate } from "../../options.ts";
import { listen } from "../../serve/listen.ts";
import { startGitGate } from "../../start.ts";
import type { StandaloneConfig } from "../config/config.ts";
import { version } from "../version.ts";
import { checkFiles } from "./check-files.ts";
import { createOperated, type Status } from "./operate.ts";
import { openSecrets, passwordReader } from "./read-secrets.ts";

/** A running gate with its audit log. Disposing stops it all. */
export interface Service extends AsyncDisposable {
  readonly gate: GitGate;
  readonly operated: Orders<Status>;
  readonly audit: AuditLog;
}

/** What a service is started with. */
export interface ServiceOptions {
  readonly config: StandaloneConfig;
  /** The file that a reload reads. */
  readonly configFile: string;
  readonly world: World;
}

/**
 * Starts everything; on failure nothing is left open.
 * @throws StandaloneError `audit-failed`, `secret-missing`, `file-unreadable`, `file-unsafe`, `password-missing`; GateError as `startGitGate`
 */
export async function startService({ config, configFile, world }: ServiceOptions): Promise<Service> {
  await using stack = new AsyncDisposableStack();
  for (const repository of config.repositories) await checkFiles(repository);
  const reading = { env: world.env, say: (line: string): void => world.err(`git-gate: ${line}`) };
  const secrets = { current: openSecrets(config.secrets, reading) };
  const canaries = openSecrets(config.canaries, reading).current();
  const via = config.upstreamProxy && await readUpstreamProxy(config.upstreamProxy, passwordReader(world.env));
  const login = via?.credential === undefined ? [] : [{ name: "upstream_proxy", value: via.credential.password }];
  const audit = stack.use(openAuditLog(config.audit, { secrets: () => [...secrets.current.current(), ...canaries, ...login].map(({ value }) => value), now: world.now }));
  const started: { gate?: GitGate } = {};
  const record = createRecord({ audit, world, freeze: () => started.gate?.freeze() });
  const operated = createOperated({ gate: () => started.gate, config, configFile, world, secrets, record });
  const { control } = config;
  if (control !== undefined) stack.use(await startOperatorServer({ orders: operated, hasControl: true, host: "localhost" }, (server) => listen(server, { unix: control })));
  const gate = stack.use(await startGitGate({
    listen: config.listen, directory: config.directory, repositories: config.repositories, secrets: () => [...secrets.current.current(), ...login], canaries, packs: config.packs,
    hosts: config.hosts, allowPrivate: config.allowPrivate, ...(via && { via }), limits: config.limits, gitleaks: config.gitleaks, onEvent: (event) => record({ type: event.op, ...event }), ...(config.howToAsk !== undefined && { howToAsk: config.howToAsk }),
  }));
  started.gate = gate;
  record({ type: "start", version, pid: process.pid, repositories: config.repositories.map(({ name }) => name), gitleaks: gate.gitleaks });
  // After the gate has ended, so that it is the last line.
  const resources = stack.move();
  return {
    gate, operated, audit,
    async [Symbol.asyncDispose]() {
      delete started.gate;
      await gate[Symbol.asyncDispose]();
      sayStopped(record);
      await resources.disposeAsync();
    },
  };
}

// Why it failed is said once, until a line is written again.
function createRecord({ audit, world, freeze }: { readonly audit: AuditLog; readonly world: World; readonly freeze: () => void }): (entry: AuditEntry) => void {
  let isSaid = false;
  return (entry) => {
    try {
      audit.append(entry);
      isSaid = false;
    } catch (error) {
      freeze();
      if (!isSaid) world.err(`git-gate: ${error instanceof Error ? error.message : String(error)} The gate is frozen; \`git-gate control thaw\` opens it again.`);
      isSaid = true;
      throw error;
    }
  };
}

function sayStopped(record: (entry: AuditEntry) => void): void {
  try {
    record({ type: "stop" });
  } catch {
    // Already said.
  }
}
