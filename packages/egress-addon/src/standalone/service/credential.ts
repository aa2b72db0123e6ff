import { readFile } from "node:fs/promises";
import type { StandaloneConfig } from "../config/config.ts";
import { StandaloneError } from "../errors.ts";
import { openSource, type SourceWorld } from "../tokens/token-store.ts";

/** What clients must present, its password read. @throws StandaloneError `password-missing` */
export function readCredential({ proxyCredential }: StandaloneConfig, world: SourceWorld): { readonly username: string; readonly password: string } | undefined {
  if (proxyCredential === undefined) return undefined;
  using source = openSource(proxyCredential.password, world);
  const password = source.read();
  if (password !== undefined) return { username: proxyCredential.username, password };
  throw new StandaloneError("password-missing", `proxy_credential has no password: ${source.problem() ?? "there is none"}.`, { mend: "Without it nobody could use the proxy, or everybody." });
}

/** A PEM file of CAs. @throws StandaloneError `file-unreadable` */
export async function readCertificates(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new StandaloneError("file-unreadable", `upstream_cas: ${file} cannot be read: ${cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)}.`, { cause });
  });
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new StandaloneError("file-unreadable", `upstream_cas: ${file} holds no certificate in PEM.`);
}
