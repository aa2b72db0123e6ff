import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import { secretValue, tokenSources, type BottleManifest, type RenewableTokens, type SecretValue, type TokenSource } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { exposedFolders, isBelow, isExposed, real } from "./exposed.ts";
import { findProgram, pathFolders } from "./find-program.ts";

/** A bottle's credentials. Disposing ends commands that run, and forgets what they said. */
export interface Credentials extends AsyncDisposable {
  /** What comes from the environment, by `tokenRef`. */
  readonly tokens: Readonly<Record<string, SecretValue>>;
  /** What comes from files and commands. No command has run yet. */
  readonly renewable?: RenewableTokens;
}

type Bottle = Pick<BottleManifest, "name" | "egress">;
type Renewed = Exclude<TokenSource, { readonly env: string }>;

/**
 * Opens the sources of a bottle's credentials. Commands run as the operator, in `/`, with their environment; nothing of what
 * an agent can write to takes part: no file or program of the workspace, and none that a relative PATH would lead to.
 * @param options.workspace the folder whose files the agent gets, if any
 * @throws CliError `credential-missing` for a variable that is not set or a file that cannot be read, `program-missing`, `credential-exposed`
 */
export async function openCredentials({ env, home }: Pick<Context, "env" | "home">, bottle: Bottle, { workspace }: { readonly workspace: string | undefined }): Promise<Credentials> {
  const sources = Object.entries(tokenSources(bottle.egress));
  const tokens = fromEnvironment(env, bottle, sources);
  const renewed = sources.filter((entry): entry is [string, Renewed] => !("env" in entry[1]));
  if (renewed.length === 0) return { tokens, [Symbol.asyncDispose]: () => Promise.resolve() };
  const exposed = await exposedFolders(home, workspace);
  const folders = (await Promise.all(pathFolders(env["PATH"]).map(async (folder) => [folder, await real(folder)] as const)))
    .flatMap(([folder, path]) => (isBelow(path, exposed) ? [] : [folder]));
  const located = await Promise.all(renewed.map(async ([name, source]) => [name, await locate(bottle, { name, source, folders, exposed })] as const));
  const { createTokenSources } = await import("@bottle/egress-addon/tokens");
  const lookup = createTokenSources(Object.fromEntries(located), { env: { ...env, PATH: folders.join(delimiter) }, directory: "/", arePrivate: true });
  const read: RenewableTokens["read"] = async (name) => {
    const value = await lookup(name);
    return value === undefined ? { problem: lookup.problem(name) ?? "it cannot be read" } : { value: secretValue(value) };
  };
  for (const [name, source] of located) if ("file" in source) requireValue(bottle, name, await read(name));
  return { tokens, renewable: { refs: located.map(([name]) => name), read }, [Symbol.asyncDispose]: () => lookup[Symbol.asyncDispose]() };
}

function fromEnvironment(env: Context["env"], bottle: Bottle, sources: readonly (readonly [string, TokenSource])[]): Readonly<Record<string, SecretValue>> {
  const named = sources.flatMap(([name, source]) => ("env" in source ? [{ name, variable: source.env }] : []));
  const missing = named.filter(({ variable }) => !env[variable]);
  if (missing[0]) {
    const hostsOf = (ref: string): string => bottle.egress.routes.flatMap(({ auth, host }) => (auth?.tokenRef === ref ? [host] : [])).join(", ");
    const list = missing.map(({ name, variable }) => `${variable} (for ${hostsOf(name)})`).join(", ");
    throw new CliError("credential-missing", `Bottle "${bottle.name}" puts credentials on the wire that are not in your environment: ${list}.`, {
      status: exitStatus.manifest, mend: `Set it: export ${missing[0].variable}=…   It stays outside the bottle.`,
    });
  }
  return Object.fromEntries(named.map(({ name, variable }) => [name, secretValue(env[variable] ?? "")]));
}

/** A source with absolute paths. */
async function locate(bottle: Bottle, { name, source, folders, exposed }: { readonly name: string; readonly source: Renewed; readonly folders: readonly string[]; readonly exposed: readonly string[] }): Promise<Renewed> {
  if ("file" in source) {
    const file = pathOf(source.file);
    await refuseExposed(bottle, { name, path: file, exposed });
    return { file };
  }
  const [given = "", ...words] = source.command;
  const program = given.includes("/") ? pathOf(given) : await findProgram(folders, given);
  if (program === undefined) {
    throw new CliError("program-missing", `Bottle "${bottle.name}" gets ${name} from ${given}, and no such program is on your PATH.`, {
      status: exitStatus.manifest, mend: `Install it, or write its whole path in egress.tokens.${name}.`,
    });
  }
  for (const path of [program, ...words.filter(isAbsolute)]) await refuseExposed(bottle, { name, path, exposed });
  return { ...source, command: [program, ...words] };
}

async function refuseExposed({ name: bottle }: Bottle, { name, path, exposed }: { readonly name: string; readonly path: string; readonly exposed: readonly string[] }): Promise<void> {
  if (!await isExposed(path, exposed)) return;
  throw new CliError("credential-exposed", `Bottle "${bottle}" gets ${name} by ${path}, which is among the files that its agent is given.`, {
    status: exitStatus.manifest, mend: `Keep it outside of the workspace, and mend egress.tokens.${name} in the bottle's manifest.`,
  });
}

function requireValue({ name: bottle }: Bottle, name: string, reading: Awaited<ReturnType<RenewableTokens["read"]>>): void {
  if ("value" in reading) return;
  throw new CliError("credential-missing", `The credential ${name} of bottle "${bottle}" is not to be had: ${reading.problem}.`, {
    status: exitStatus.manifest, mend: `Mend egress.tokens.${name} in the bottle's manifest, or the file.`,
  });
}

function pathOf(file: string): string {
  return file.startsWith("~/") ? join(homedir(), file.slice(2)) : file;
}
