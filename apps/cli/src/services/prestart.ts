import { createIdentity, isIdentity, ownerLabel } from "@bottle/backend-core/naming";
import { prestartSidecars, type PrestartedSidecars } from "@bottle/sidecars";
import { compileCache } from "../compile-cache.ts";
import type { Context } from "../context.ts";

/** A bottle's name, and its sidecars' process that already loads. */
export interface Prestarted extends AsyncDisposable {
  readonly identity: string;
  readonly sidecars: PrestartedSidecars;
}

/**
 * Starts the sidecars' process of a bottle that is sure to be launched, before its manifests are even read: on two cores
 * that takes its loading off the way. Undefined for a name that can be no agent's; the start itself says so.
 */
export function prestart(context: Context, name: { readonly agent: string } | { readonly identity: string }): Prestarted | undefined {
  if ("agent" in name && !/^[a-z0-9][a-z0-9-]{0,40}$/.test(name.agent)) return undefined;
  const identity = "agent" in name ? createIdentity(name.agent) : name.identity;
  if (!isIdentity(identity)) return undefined;
  const sidecars = prestartSidecars({ ownedBy: ownerLabel(context.home, identity), compileCache: compileCache(context.home) });
  return { identity, sidecars, [Symbol.asyncDispose]: () => Promise.resolve(sidecars[Symbol.asyncDispose]()) };
}
