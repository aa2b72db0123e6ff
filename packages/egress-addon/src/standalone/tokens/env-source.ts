import { type Source, usable } from "./source.ts";

/** A variable of the proxy's own environment, as it was at the start. */
export function createEnvSource(name: string, env: Readonly<Record<string, string | undefined>>): Source {
  const value = usable(env[name] ?? "");
  return {
    read: () => value,
    ready: Promise.resolve(),
    problem: () => (value === undefined ? `the variable ${name} is not set` : undefined),
    [Symbol.dispose]() {},
  };
}
