import { once } from "node:events";
import { join, resolve } from "node:path";
import { exitStatus, formatListen, type World } from "@bottle/standalone";
import { EgressError } from "../../errors.ts";
import { countRoutes } from "../config/config.ts";
import { readConfig } from "../config/read-config.ts";
import { type Service, startService } from "../service/start-service.ts";
import { version } from "../version.ts";

/** Runs the proxy until SIGTERM or SIGINT. SIGHUP reloads, SIGUSR1 opens the audit file anew. @returns the exit status */
export async function run(world: World, options: { readonly config: string }): Promise<number> {
  const configFile = resolve(world.cwd, options.config);
  const stopping = new AbortController();
  await using stack = new AsyncDisposableStack();
  for (const signal of ["SIGTERM", "SIGINT"] as const) stack.use(world.onSignal(signal, () => stopping.abort(signal)));
  const waiting: { service?: Service } = {};
  // Before anything starts, since unheard they would end the process.
  stack.use(world.onSignal("SIGHUP", () => void waiting.service?.operated.reload("SIGHUP")));
  stack.use(world.onSignal("SIGUSR1", () => waiting.service && reopen(waiting.service, world)));
  const config = await readConfig(options.config, world.cwd);
  const service = await startService({ config, configFile, world, signal: stopping.signal }).catch((error: unknown) => {
    if (error instanceof EgressError && error.code === "stopped") return undefined;
    throw error;
  });
  if (service === undefined) return exitStatus.ok;
  stack.use(service);
  waiting.service = service;
  world.err(`egress-addon ${version}: listening on ${formatListen(service.proxy.address)}, ${countRoutes(config.policy)}; clients trust ${join(config.caDirectory, "ca.pem")}`);
  for (const { name, problem } of service.operated.status().tokensMissing) world.err(`egress-addon: token ${name} has no value: ${problem}. Its routes refuse until it has one.`);
  if (!stopping.signal.aborted) await once(stopping.signal, "abort");
  world.err(`egress-addon: ${String(stopping.signal.reason)}, stopping.`);
  return exitStatus.ok;
}

function reopen(service: Service, world: World): void {
  try {
    service.audit.reopen();
  } catch (error) {
    world.err(`egress-addon: ${error instanceof Error ? error.message : String(error)} The old file is still written to.`);
  }
}
