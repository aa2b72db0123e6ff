import { randomInt } from "node:crypto";

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Names before and after every object id: a walk through the folder that ends early does not come to the second. */
export const canaryFiles: readonly string[] = ["+canary", "zcanary"];

/** gitleaks' rule for what `makeCanary` makes. */
export const canaryRule = "github-pat";

/** A token of GitHub's form that nobody has, another each time, so that no list of exceptions knows it. */
export function makeCanary(): Buffer {
  const value = Array.from({ length: 36 }, () => letters[randomInt(letters.length)] ?? "");
  return Buffer.from(`token = "ghp_${value.join("")}"\n`);
}
