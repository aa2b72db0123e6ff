import type { BottleManifest, TokenSource } from "../model.ts";

type Egress = Pick<BottleManifest["egress"], "routes" | "tokens">;

/** Where each credential of a bottle's routes comes from, by `tokenRef`: as `tokens` says, else the variable of that name. */
export function tokenSources({ routes, tokens = {} }: Egress): Readonly<Record<string, TokenSource>> {
  const refs = new Set(routes.flatMap(({ auth }) => (auth ? [auth.tokenRef] : [])));
  return Object.fromEntries([...refs].map((ref) => [ref, (Object.hasOwn(tokens, ref) ? tokens[ref] : undefined) ?? { env: ref }]));
}

/**
 * Variables of the operator's environment that hold a bottle's credentials, so that none is forwarded inside. The name of a
 * credential is taken for one too, whatever its source is.
 */
export function credentialVariables(egress: Egress): ReadonlySet<string> {
  const sources = tokenSources(egress);
  return new Set([...Object.keys(sources), ...Object.values(sources).flatMap((source) => ("env" in source ? [source.env] : []))]);
}
