import type { RouteAuth } from "../policy/model.ts";
import { readAwsKeys } from "./sigv4/keys.ts";

/** The texts of a credential's value that nobody may send by themselves: of a pair, its secret half. */
export function credentialParts({ scheme }: Pick<RouteAuth, "scheme">, value: string): readonly string[] {
  if (scheme === "basic") return value.includes(":") ? [value, value.slice(value.indexOf(":") + 1)] : [value];
  const keys = scheme === "sigv4" ? readAwsKeys(value) : undefined;
  return keys === undefined ? [value] : [keys.secretAccessKey, ...(keys.sessionToken === undefined ? [] : [keys.sessionToken])];
}
