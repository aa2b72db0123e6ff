import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { KnownSecret } from "@bottle/secret-scan";
import { StandaloneError } from "@bottle/standalone";
import type { UpstreamProxy } from "@bottle/way-out";
import type { Login, UpstreamProxyConfig } from "../config/config.ts";
import { readOnce } from "../tokens/token-store.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** A user and the password, read. @param key where the file has it @throws StandaloneError `password-missing` */
export async function readLogin(key: string, { username, password }: Login, env: Env): Promise<{ readonly username: string; readonly password: string }> {
  const read = await readOnce(password, env);
  if ("value" in read) return { username, password: read.value };
  throw new StandaloneError("password-missing", `${key} has no password: ${read.problem}.`, { mend: "Nothing starts without it." });
}

/** The proxy that upstreams are reached through. @throws StandaloneError `password-missing`, `file-unreadable` */
export async function readUpstreamProxy({ proxy, credential, noProxy, cas, kind }: UpstreamProxyConfig, env: Env): Promise<UpstreamProxy> {
  const caCertificates = await Promise.all(cas.map(readCertificates));
  return { proxy, noProxy, kind, caCertificates, ...(credential && { credential: await readLogin("upstream_proxy", credential, env) }) };
}

/** Files whose text must not leave, each under its name. @throws StandaloneError `file-unreadable` */
export function readKnown(files: readonly string[]): Promise<readonly KnownSecret[]> {
  return Promise.all(files.map(async (file) => {
    const read = await readOnce({ file }, {});
    if ("value" in read) return { name: basename(file), value: read.value };
    throw new StandaloneError("file-unreadable", `dlp: ${read.problem}.`, { mend: "What cannot be read cannot be looked for." });
  }));
}

/** A PEM file of CAs. @throws StandaloneError `file-unreadable` */
export async function readCertificates(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new StandaloneError("file-unreadable", `${file} cannot be read: ${cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)}.`, { cause, mend: "It is to hold CAs in PEM (upstream_cas, upstream_proxy.cas)." });
  });
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new StandaloneError("file-unreadable", `${file} holds no certificate in PEM.`);
}
