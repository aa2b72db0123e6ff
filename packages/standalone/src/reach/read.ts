import { readFile } from "node:fs/promises";
import type { UpstreamProxy } from "@bottle/way-out";
import { StandaloneError } from "../errors.ts";
import type { Login, PasswordSource, UpstreamProxyConfig } from "./model.ts";

/** Reads a password, or says why there is none. */
export type ReadPassword = (source: PasswordSource) => Promise<{ readonly value: string } | { readonly problem: string }>;

/** A user and the password, read. @param key where the file has it @throws StandaloneError `password-missing` */
export async function readLogin(key: string, { username, password }: Login, readPassword: ReadPassword): Promise<{ readonly username: string; readonly password: string }> {
  const read = await readPassword(password);
  if ("value" in read) return { username, password: read.value };
  throw new StandaloneError("password-missing", `${key} has no password: ${read.problem}.`, { mend: "Nothing starts without it." });
}

/** The proxy that upstreams are reached through. @throws StandaloneError `password-missing`, `file-unreadable` */
export async function readUpstreamProxy({ proxy, credential, noProxy, cas }: UpstreamProxyConfig, readPassword: ReadPassword): Promise<UpstreamProxy> {
  const caCertificates = await Promise.all(cas.map(readCertificates));
  return { proxy, noProxy, caCertificates, ...(credential && { credential: await readLogin("upstream_proxy", credential, readPassword) }) };
}

/** A PEM file of CAs. @throws StandaloneError `file-unreadable` */
export async function readCertificates(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new StandaloneError("file-unreadable", `${file} cannot be read: ${cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)}.`, { cause, mend: "It is to hold CAs in PEM (upstream_cas, upstream_proxy.cas)." });
  });
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new StandaloneError("file-unreadable", `${file} holds no certificate in PEM.`);
}
