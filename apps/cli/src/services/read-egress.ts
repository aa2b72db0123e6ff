import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import type { EgressSpec, UpstreamProxySpec } from "@bottle/backend-core";
import { secretValue, type BottleManifest, type SecretValue, type UpstreamProxy } from "@bottle/manifest";
import { CliError, exitStatus } from "../errors.ts";
import { findProgram, pathFolders } from "./find-program.ts";

type Env = Readonly<Record<string, string | undefined>>;
type Bottle = Pick<BottleManifest, "name" | "egress">;

/** What a bottle's way out needs from files and variables of the host. @throws CliError */
export async function readEgress(env: Env, bottle: Bottle): Promise<Pick<EgressSpec, "upstreamCas" | "secrets" | "upstreamProxy" | "pipelock">> {
  const { caFiles, dlp, upstreamProxy } = bottle.egress;
  const wantsPipelock = dlp.engine !== "builtin";
  if (upstreamProxy && wantsPipelock) {
    throw new CliError("manifest-invalid", `Bottle "${bottle.name}" asks for a pipelock and for an upstream proxy; there is room for one hop.`, { status: exitStatus.manifest, mend: "Remove `egress.dlp.engine` or `egress.upstream_proxy`." });
  }
  const [upstreamCas, secrets, proxy, binary] = await Promise.all([
    readCas(bottle, { files: caFiles, key: "egress.ca_files" }), readKnown(bottle, dlp.knownFiles ?? []), upstreamProxy && readUpstreamProxy(env, bottle, upstreamProxy),
    // One that is missing is missed by the backend that runs it on this host.
    wantsPipelock ? findProgram(pathFolders(env["PATH"]), "pipelock") : undefined,
  ]);
  return { upstreamCas, secrets, ...(proxy && { upstreamProxy: proxy }), ...(binary !== undefined && { pipelock: { binary } }) };
}

async function readUpstreamProxy(env: Env, bottle: Bottle, { proxy, credentialRef, noProxy, caFiles = [] }: UpstreamProxy): Promise<UpstreamProxySpec> {
  const credential = credentialRef === undefined ? undefined : env[credentialRef];
  if (credentialRef !== undefined && !credential?.includes(":")) {
    throw new CliError("credential-missing", `Bottle "${bottle.name}" logs in to ${proxy} with ${credentialRef}, which is not in your environment as user:password.`, {
      status: exitStatus.manifest, mend: `Set it: export ${credentialRef}=user:password   It stays outside the bottle.`,
    });
  }
  const caCertificates = await readCas(bottle, { files: caFiles, key: "egress.upstream_proxy.ca_files" });
  return { proxy, caCertificates, ...(noProxy && { noProxy }), ...(credential !== undefined && { credential: secretValue(credential) }) };
}

async function readCas({ name }: Bottle, { files, key }: { readonly files: readonly string[]; readonly key: string }): Promise<readonly string[]> {
  return Promise.all(files.map(async (file) => {
    const path = pathOf(file);
    const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
      throw new CliError("ca-unreadable", `The CA file ${path} of bottle "${name}" cannot be read: ${cause.code ?? cause.message}.`, {
        status: exitStatus.manifest, mend: `Mend ${key} in the bottle's manifest, or the file.`, cause,
      });
    });
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
    throw new CliError("ca-unreadable", `The CA file ${path} of bottle "${name}" holds no PEM certificate.`, { status: exitStatus.manifest, mend: "Convert it: openssl x509 -inform der -in FILE -out FILE.pem" });
  }));
}

// Lines that are shorter would be found by chance.
const shortestValue = 6;

/** The lines of the listed files, each under its file's name and number. A line `NAME=value` counts by its value. */
async function readKnown({ name }: Bottle, files: readonly string[]): Promise<Readonly<Record<string, SecretValue>>> {
  const texts = await Promise.all(files.map(async (file) => {
    const path = pathOf(file);
    const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
      throw new CliError("known-unreadable", `The file ${path}, whose values must not leave bottle "${name}", cannot be read: ${cause.code ?? cause.message}.`, {
        status: exitStatus.manifest, mend: "Mend egress.dlp.known_files in the bottle's manifest, or the file.", cause,
      });
    });
    return text.split("\n").map((line, index): [string, SecretValue] => [`${basename(path)}:${index + 1}`, secretValue(valueIn(line))]);
  }));
  return Object.fromEntries(texts.flat().filter(([, value]) => value.reveal().length >= shortestValue));
}

function valueIn(line: string): string {
  const trimmed = line.trim();
  if (trimmed.startsWith("#") || trimmed.startsWith("[")) return "";
  const value = /^(?:export\s+)?[A-Za-z_][A-Za-z0-9_.-]*\s*=\s*(?<value>.*)$/.exec(trimmed)?.groups?.["value"] ?? trimmed;
  return value.replace(/^(["'])(.*)\1$/, "$2");
}

function pathOf(file: string): string {
  return file.startsWith("~/") ? join(homedir(), file.slice(2)) : file;
}
