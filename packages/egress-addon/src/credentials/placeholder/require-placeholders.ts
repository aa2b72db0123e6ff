import { EgressError } from "../../errors.ts";
import type { CompiledPolicy } from "../../policy/compile.ts";
import type { Placeholders } from "./compile-placeholders.ts";

/** @throws EgressError `policy-invalid` if a route with the scheme `placeholder` names a tokenRef that has none */
export function requirePlaceholders(policy: CompiledPolicy, placeholders: Placeholders): void {
  const missing = policy.routes.filter(({ auth }) => auth?.scheme === "placeholder" && !placeholders.has(auth.tokenRef));
  if (missing.length === 0) return;
  const named = missing.map(({ host, auth }) => `${host}: there is no placeholder for ${JSON.stringify(auth?.tokenRef)}`);
  throw new EgressError("policy-invalid", `The policy was refused: ${named.join("; ")}.`);
}
