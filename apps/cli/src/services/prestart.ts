import type { PrestartedDocker } from "@bottle/backend-docker/prestart";
import { createIdentity, isIdentity, ownerLabel } from "@bottle/backend-core/naming";
import { prestartSidecars, type PrestartedSidecars } from "@bottle/sidecars";
import { compileCache } from "../compile-cache.ts";
import type { Context } from "../context.ts";

/** A bottle's name, and what of it already loads. */
export interface Prestarted extends AsyncDisposable {
  readonly identity: string;
  /** Its sidecars' process, where that runs on this host. */
  readonly sidecars?: PrestartedSidecars;
  /** Its networks, and what brings its containers up. */
  readonly docker?: PrestartedDocker;
}

/**
 * Starts what loads longest of a bottle that is sure to be launched, before its manifests are even read: on two cores that
 * takes its loading off the way. Undefined for a name that can be no agent's; the start itself says so.
 * @param backend as it is asked for so far
 */
export async function prestart(context: Context, name: { readonly agent: string } | { readonly identity: string }, backend: string): Promise<Prestarted | undefined> {
  if ("agent" in name && !/^[a-z0-9][a-z0-9-]{0,40}$/.test(name.agent)) return undefined;
  const identity = "agent" in name ? createIdentity(name.agent) : name.identity;
  if (!isIdentity(identity)) return undefined;
  if (backend === "docker") return dockerAhead(context, identity);
  const sidecars = prestartSidecars({ ownedBy: ownerLabel(context.home, identity), compileCache: compileCache(context.home) });
  return { identity, sidecars, [Symbol.asyncDispose]: () => Promise.resolve(sidecars[Symbol.asyncDispose]()) };
}

/** What was started ahead, once the manifest has been read: if that chose containers, a process on this host came too early. */
export async function prestartedFor(context: Context, ahead: Prestarted | undefined, backend: string): Promise<Prestarted | undefined> {
  if (ahead?.sidecars === undefined || backend !== "docker") return ahead;
  await ahead[Symbol.asyncDispose]();
  return dockerAhead(context, ahead.identity);
}

async function dockerAhead({ env, home }: Context, identity: string): Promise<Prestarted> {
  const { prestartDocker } = await import("@bottle/backend-docker/prestart");
  const docker = await prestartDocker({ env, home, identity });
  return { identity, ...(docker && { docker }), [Symbol.asyncDispose]: () => Promise.resolve(docker?.[Symbol.asyncDispose]()) };
}
