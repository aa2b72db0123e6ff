import type { SecretValue } from "@bottle/manifest";
import { BottleError } from "../errors.ts";
import type { BottleSpec } from "../spec.ts";

/**
 * Every credential's value as it is now, by `tokenRef`: what comes from files and commands is read here, after the operator
 * has agreed to the launch and before anything is made for it.
 * @throws BottleError `credential-missing` with why, never with a value
 */
export async function readTokens({ bottleName, egress: { tokens, renewable } }: Pick<BottleSpec, "bottleName" | "egress">): Promise<Readonly<Record<string, SecretValue>>> {
  const read = await Promise.all((renewable?.refs ?? []).map(async (tokenRef): Promise<readonly [string, SecretValue]> => {
    const reading = await renewable?.read(tokenRef);
    if (reading && "value" in reading) return [tokenRef, reading.value];
    throw new BottleError("credential-missing", `The credential ${tokenRef} of bottle "${bottleName}" is not to be had: ${reading?.problem ?? "it cannot be read"}.`, {
      mend: `Mend egress.tokens.${tokenRef} in the bottle's manifest, or what it names.`,
    });
  }));
  return { ...tokens, ...Object.fromEntries(read) };
}
