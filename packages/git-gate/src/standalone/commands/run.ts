import { once } from "node:events";
import { resolve } from "node:path";
import { exitStatus, formatListen, type World } from "@bottle/standalone";
import type { GitleaksState } from "../../gitleaks/find-gitleaks.ts";
import { countRepositories } from "../config/config.ts";
import { readConfig } from "../config/read-config.ts";
import { type Service, startService } from "../service/start-service.ts";
import { version } from "../version.ts";

/** Runs the gate until SIGTERM or SIGINT. SIGHUP reloads, SIGUSR1 opens the audit file anew. @returns the exit status */
export async function run(world: World, options: { readonly config: string }): Promise<number> {
  const stopping = new AbortController();
  await using stack = new AsyncDisposableStack();
  for (const signal of ["SIGTERM", "SIGINT"] as const) stack.use(world.onSignal(signal, () => stopping.abort(signal)));
  const waiting: { service?: Service } = {};
  // Before anything starts, since unheard they would end the process, or open a debugger.
  stack.use(world.onSignal("SIGHUP", () => void waiting.service?.operated.reload("SIGHUP")));
  stack.use(world.onSignal("SIGUSR1", () => waiting.service && reopen(waiting.service, world)));
  const config = await readConfig(options.config, world.cwd);
  const service = stack.use(await startService({ config, configFile: resolve(world.cwd, options.config), world }));
  waiting.service = service;
  world.err(`git-gate ${version}: listening on ${formatListen(service.gate.address)}, ${countRepositories(config)}; ${gitleaksText(service.gate.gitleaks)}`);
  if (!stopping.signal.aborted) await once(stopping.signal, "abort");
  world.err(`git-gate: ${String(stopping.signal.reason)}, stopping.`);
  return exitStatus.ok;
}

/** Whether gitleaks scans too, for people. */
export function gitleaksText(found: GitleaksState): string {
  if (found.state === "used") return `gitleaks ${found.version} scans too`;
  if (found.state === "not-trusted") return `gitleaks is not trusted and not used: ${found.why}`;
  return found.state === "off" ? "gitleaks is off" : "gitleaks is not there";
}

function reopen(service: Service, world: World): void {
  try {
    service.audit.reopen();
  } catch (error) {
    world.err(`git-gate: ${error instanceof Error ? error.message : String(error)} The old file is still written to.`);
  }
}
