import { createHash } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mintAuthority } from "../../authority/mint.ts";
import { EgressError } from "../../errors.ts";
import type { EgressRoute } from "../../policy/model.ts";
import { type PipelockConfig, renderPipelockConfig } from "./config.ts";
import { type PipelockHosts, pipelockHosts } from "./hosts.ts";
import { renderSecretsFile } from "./secrets.ts";

/** What pipelock follows, and may follow anew while it runs. */
export interface PipelockRules {
  readonly routes: readonly EgressRoute[];
  /** Hosts, or `*.x`, that are tunnelled unread besides those that must be: large downloads, WebSockets. */
  readonly passthrough?: readonly string[];
  /** Values that must not leave, if they have 16 characters or more. */
  readonly secrets?: readonly string[];
}

/** Where a pipelock listens, each `host:port`. */
export type PipelockListeners = Pick<PipelockConfig, "listen" | "metricsListen" | "apiListen">;

/** A config that was rendered, with what is not in it. */
export interface RenderedRules {
  readonly config: string;
  /** SHA-256 of the config's bytes in hex: what pipelock logs as `config_hash` once it follows it. */
  readonly hash: string;
  readonly secrets: string;
  /** Secrets that its file cannot hold. */
  readonly leftOut: number;
  readonly hosts: PipelockHosts;
}

/** Renders rules. The files beside the config are named relative to it, so that it may be mounted anywhere. */
export function renderRules(rules: PipelockRules, listeners: PipelockListeners): RenderedRules {
  const hosts = pipelockHosts(rules.routes, rules.passthrough);
  const { text: secrets, leftOut } = renderSecretsFile(rules.secrets ?? []);
  const config = renderPipelockConfig({ ...listeners, hosts, caCertificateFile: "ca.pem", caKeyFile: "ca.key", secrets: { file: "secrets.txt", sha256: sha256(secrets) } });
  return { config, hash: sha256(config), secrets, leftOut, hosts };
}

/**
 * Makes the directory of a pipelock (0700) with a new CA for it: `ca.pem` and `ca.key`, P-256, the key in SEC1 and 0600, since pipelock reads no
 * other form. Answers the certificate; trust it on the upstream side only.
 * @throws EgressError `authority-unsafe` if others may enter the directory
 */
export async function preparePipelockDirectory(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(directory);
  if ((mode & 0o077) !== 0 || (process.getuid !== undefined && uid !== process.getuid())) {
    throw new EgressError("authority-unsafe", `pipelock's directory ${directory} must be this user's own with mode 0700. Run: chmod 700 ${directory}`);
  }
  const authority = mintAuthority({ commonName: "bottle pipelock" });
  await replaceFile(join(directory, "ca.key"), authority.key.export({ type: "sec1", format: "pem" }).toString());
  await replaceFile(join(directory, "ca.pem"), authority.certificate);
  return authority.certificate;
}

/** Writes the rules' files, the config last, since pipelock reads them all when that one changes. */
export async function writeRules(directory: string, rules: RenderedRules): Promise<void> {
  await replaceFile(join(directory, "secrets.txt"), rules.secrets);
  await replaceFile(join(directory, "pipelock.yaml"), rules.config);
}

async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, text, { mode: 0o600, flag: "wx" });
  await rename(draft, file);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
