import type { OpenSource } from "./model.ts";

/** A variable, looked at each time. */
export function envSource(name: string, env: Readonly<Record<string, string | undefined>>): OpenSource {
  const read = (): string | undefined => (Object.hasOwn(env, name) ? env[name] : undefined) || undefined;
  return {
    read,
    problem: () => read() === undefined ? `the variable ${name} is not set` : undefined,
    close() {},
  };
}
