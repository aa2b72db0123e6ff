import { randomBytes } from "node:crypto";
import { createGuard, ownAddresses, readHop, resolveName, WayOutError } from "@bottle/way-out";
import { openAuthority } from "./authority/store.ts";
import { compilePlaceholders } from "./credentials/placeholder/compile-placeholders.ts";
import { requirePlaceholders } from "./credentials/placeholder/require-placeholders.ts";
import { EgressError } from "./errors.ts";
import { createState } from "./exchange/state.ts";
import type { EgressOptions, EgressProxy } from "./options.ts";
import { compilePolicy } from "./policy/compile.ts";
import { runProxy } from "./run.ts";

/**
 * Starts a proxy: answers once it listens and its CA is ready.
 * @throws EgressError `policy-invalid`, `option-invalid`, `authority-unsafe`, `authority-failed`, `listen-failed`; `stopped` if
 * the signal was aborted first. Nothing is left behind then, except a CA that was already written.
 */
export async function startEgressProxy(options: EgressOptions): Promise<EgressProxy> {
  const { signal } = options;
  throwIfStopped(signal);
  const placeholders = compilePlaceholders(options.placeholders ?? {});
  const state = createState(compilePolicy(options.policy), options.onEvent);
  requirePlaceholders(state.policy, placeholders);
  const ownPorts: number[] = [...(options.ownPorts ?? [])];
  const { hosts = {}, allowPrivate = [] } = options;
  const { guard, hop } = asOptions(() => ({
    guard: createGuard({ hosts, allowPrivate, resolve: resolveName, ownAddresses, ownPorts: () => ownPorts }),
    hop: options.via && readHop(options.via, { hosts, allowPrivate }),
  }));
  const name = options.caName ?? `bottle egress ${randomBytes(4).toString("hex")}`;
  const authority = await openAuthority(options.caDirectory, name);
  throwIfStopped(signal);
  const proxy = await runProxy({ options, state, placeholders, authority, guard, hop });
  if ("port" in proxy.address) ownPorts.push(proxy.address.port);
  signal?.addEventListener("abort", () => void proxy[Symbol.asyncDispose](), { once: true });
  if (signal?.aborted) await proxy[Symbol.asyncDispose]();
  throwIfStopped(signal);
  return proxy;
}

function asOptions<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WayOutError) throw new EgressError(error.code, error.message, { cause: error });
    throw error;
  }
}

function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EgressError("stopped", "The egress proxy was stopped before it was ready.", { cause: signal.reason });
}
