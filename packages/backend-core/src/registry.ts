import type { BackendChoice } from "@bottle/manifest";
import type { Backend } from "./backend.ts";
import { BottleError } from "./errors.ts";

/** Backends by name, in the order `auto` tries them. Values are made on demand, so that unused ones are never loaded. */
export type BackendRegistry = Readonly<Partial<Record<Backend["name"], () => Promise<Backend>>>>;

/**
 * The backend to use: the flag, else BOTTLE_BACKEND, else the manifest's choice; `auto` takes the first available one.
 * @throws BottleError `backend-unknown` for a name that is not in the registry, `backend-unavailable` if `auto` finds none
 */
export async function selectBackend(options: {
  readonly registry: BackendRegistry;
  readonly flag?: string | undefined;
  readonly variable?: string | undefined;
  readonly manifest: BackendChoice;
}): Promise<Backend> {
  const { registry } = options;
  const choice = options.flag ?? (options.variable || undefined) ?? options.manifest;
  if (choice !== "auto") return namedBackend(registry, choice);
  const reasons: string[] = [];
  let mend = "";
  for (const make of Object.values(registry)) {
    const backend = await make();
    const availability = await backend.availability();
    if (availability.available) return backend;
    reasons.push(`${backend.name}: ${availability.reason}`);
    mend ||= availability.mend;
  }
  throw new BottleError("backend-unavailable", `No backend can run here. ${reasons.join(" ")}`, { mend });
}

async function namedBackend(registry: BackendRegistry, name: string): Promise<Backend> {
  const make = Object.hasOwn(registry, name) ? registry[name as Backend["name"]] : undefined;
  if (make) return make();
  throw new BottleError("backend-unknown", `There is no backend "${name}" in this version.`, {
    mend: `Use one of: auto, ${Object.keys(registry).join(", ")}.`,
  });
}
