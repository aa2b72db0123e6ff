import type { BackendChoice, Isolation } from "@bottle/manifest";
import type { Backend } from "./backend.ts";
import { BottleError } from "./errors.ts";
import { isAtLeast } from "./isolation.ts";

/** Backends by name, in the order `auto` tries them. Values are made on demand, so that unused ones are never loaded. */
export type BackendRegistry = Readonly<Partial<Record<Backend["name"], () => Promise<Backend>>>>;

/**
 * The backend to use: the flag, else BOTTLE_BACKEND, else the manifest's choice; `auto` takes the first available one that
 * isolates as strongly as is asked. A named one is taken as it is: its `prepare` refuses what it is too weak for.
 * @param options.minIsolation the floor for `auto`; `namespaces` if absent
 * @throws BottleError `backend-unknown` for a name that is not in the registry, `isolation-too-weak` if every backend is,
 * `backend-unavailable` if one that is strong enough cannot run here
 */
export async function selectBackend(options: {
  readonly registry: BackendRegistry;
  readonly flag?: string | undefined;
  readonly variable?: string | undefined;
  readonly manifest: BackendChoice;
  readonly minIsolation?: Isolation | undefined;
}): Promise<Backend> {
  const { registry } = options;
  const choice = options.flag ?? (options.variable || undefined) ?? options.manifest;
  if (choice !== "auto") return namedBackend(registry, choice);
  return firstBackend(registry, options.minIsolation ?? "namespaces");
}

async function firstBackend(registry: BackendRegistry, floor: Isolation): Promise<Backend> {
  const reasons: string[] = [];
  const mends: string[] = [];
  for (const make of Object.values(registry)) {
    const backend = await make();
    if (!isAtLeast(backend.isolation, floor)) {
      reasons.push(`${backend.name}: It gives ${backend.isolation}, which is too weak.`);
      continue;
    }
    const availability = await backend.availability();
    if (availability.available) return backend;
    reasons.push(`${backend.name}: ${availability.reason}`);
    mends.push(availability.mend);
  }
  const place = floor === "namespaces" ? "here" : `here with min_isolation: ${floor}`;
  const lower = "Lower min_isolation in the bottle's file, if less will do.";
  throw new BottleError(mends.length === 0 ? "isolation-too-weak" : "backend-unavailable", `No backend can run ${place}. ${reasons.join(" ")}`, { mend: mends[0] ?? lower });
}

async function namedBackend(registry: BackendRegistry, name: string): Promise<Backend> {
  const make = Object.hasOwn(registry, name) ? registry[name as Backend["name"]] : undefined;
  if (make) return make();
  throw new BottleError("backend-unknown", `There is no backend "${name}" in this version.`, {
    mend: `Use one of: auto, ${Object.keys(registry).join(", ")}.`,
  });
}
