import { BottleError } from "./errors.ts";

const agentName = /^[a-z0-9][a-z0-9-]{0,40}$/;
const identity = /^[a-z0-9][a-z0-9-]{0,40}-[0-9a-z]{5}$/;
const suffixes = 36 ** 5;

/**
 * A new identity, `<agent>-<5 base36>`.
 * @param random a number in [0, 1); injected so that tests can force a collision
 * @throws BottleError `identity-invalid` if the agent's name is not `[a-z0-9][a-z0-9-]{0,40}`
 */
export function createIdentity(agent: string, random: () => number = Math.random): string {
  if (!agentName.test(agent)) {
    throw new BottleError("identity-invalid", `"${agent}" cannot be an agent's name.`, {
      mend: "Use 1 to 41 of a-z, 0-9 and -, starting with a letter or digit.",
    });
  }
  const suffix = Math.floor(random() * suffixes).toString(36).padStart(5, "0");
  return `${agent}-${suffix}`;
}

/** Whether a text has the form of an identity. Everything that becomes a path is checked with this first. */
export function isIdentity(text: string): boolean {
  return identity.test(text);
}

/** The identity as used in resource names. */
export function slugOf(text: string): string {
  return `bottle-${text}`;
}
