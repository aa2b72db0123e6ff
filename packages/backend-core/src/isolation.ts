import type { Isolation } from "@bottle/manifest";

const levels: readonly Isolation[] = ["namespaces", "container", "microvm"];

/** Whether an isolation is as strong as the floor, or stronger. */
export function isAtLeast(given: Isolation, floor: Isolation): boolean {
  return levels.indexOf(given) >= levels.indexOf(floor);
}
