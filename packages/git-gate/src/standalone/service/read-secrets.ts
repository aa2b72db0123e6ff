import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import type { KnownSecret } from "@bottle/secret-scan";
import { type PasswordSource, type ReadPassword, StandaloneError } from "@bottle/standalone";
import type { SecretSource } from "../config/config.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Values by name, from variables and files. */
export interface Secrets {
  /** Those of now. A file is read each time; one that cannot be read any more leaves what it held before, and is told once. */
  current(): readonly KnownSecret[];
}

const largestBytes = 64 * 1024;
/** `@bottle/secret-scan` looks for no shorter one, since it would be met everywhere. */
const shortest = 6;

/**
 * Reads each once, so that what is missing is known at the start.
 * @param say told once for each file that cannot be read later
 * @throws StandaloneError `secret-missing`
 */
export function openSecrets(declared: Readonly<Record<string, SecretSource>>, { env, say }: { readonly env: Env; readonly say: (line: string) => void }): Secrets {
  // The one before as well: whoever rotates a secret has both in use for a while.
  const held = new Map<string, readonly string[]>();
  const said = new Set<string>();
  const refresh = (name: string, source: SecretSource): void => {
    const read = readSource(source, env);
    const before = held.get(name);
    if ("value" in read) {
      if (before?.[0] !== read.value) held.set(name, [read.value, ...(before ?? [])].slice(0, 2));
      said.delete(name);
    } else if (before === undefined) {
      throw new StandaloneError("secret-missing", `${name} has no value: ${read.problem}.`, { mend: "What is not known cannot be looked for, so nothing starts without it." });
    } else if (!said.has(name)) {
      said.add(name);
      say(`${name}: ${read.problem}; what it held before is still looked for.`);
    }
  };
  const refreshAll = (): void => Object.entries(declared).forEach(([name, source]) => refresh(name, source));
  refreshAll();
  return {
    current() {
      refreshAll();
      return [...held].flatMap(([name, values]) => values.map((value) => ({ name, value })));
    },
  };
}

/** Reads passwords, which may be short. */
export function passwordReader(env: Env): ReadPassword {
  return async (source: PasswordSource) => {
    const read = readValue(source, env);
    return "value" in read && read.value === "" ? { problem: `${where(source)} is empty` } : read;
  };
}

function readSource(source: SecretSource, env: Env): { readonly value: string } | { readonly problem: string } {
  const read = readValue(source, env);
  return "value" in read && read.value.length < shortest ? { problem: `${where(source)} has fewer than ${shortest} characters, which would be found everywhere` } : read;
}

function readValue(source: SecretSource, env: Env): { readonly value: string } | { readonly problem: string } {
  if ("file" in source) return readFile(source.file);
  const value = Object.hasOwn(env, source.env) ? env[source.env] : undefined;
  return value === undefined ? { problem: `${where(source)} is not set` } : { value };
}

function where(source: SecretSource): string {
  return "file" in source ? source.file : `the variable ${source.env}`;
}

// Opened without waiting: a pipe would hold up the gate.
function readFile(path: string): { readonly value: string } | { readonly problem: string } {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(file);
      if (!status.isFile()) return { problem: `${path} is not a file` };
      if ((status.mode & 0o002) !== 0) return { problem: `${path} may be written by everyone` };
      if (status.size > largestBytes) return { problem: `${path} is larger than ${largestBytes} bytes` };
      return { value: readFileSync(file, "utf8").replace(/\r?\n$/, "") };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { problem: `${path} cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "unknown"})` };
  }
}
