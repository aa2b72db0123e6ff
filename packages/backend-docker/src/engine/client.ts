import type { ChildProcess, StdioOptions } from "node:child_process";
import { start } from "@bottle/backend-core/naming";

/** Options of one program. */
export interface ClientOptions {
  readonly stdio: StdioOptions;
  /** Besides the variables that name the engine. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly detached?: boolean | undefined;
}

// What names the engine and the way to it, by `docker --help` and the SSH helper's needs.
const passedOn = ["HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"];

/** The variables of the operator's that name the engine. */
export function engineVariables(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** Starts a program that finds the engine: docker, or compose. @param label value of BOTTLE_OWNED on it */
export function startClient(command: readonly string[], { env, label }: { readonly env: Readonly<Record<string, string | undefined>>; readonly label: string }, options: ClientOptions): ChildProcess {
  return start(command, { stdio: options.stdio, label, detached: options.detached ?? true, env: { ...options.env, ...engineVariables(env) } });
}
