import { tmpdir } from "node:os";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { exitStatus, formatListen, readUpstreamProxy, StandaloneError, visible, type World } from "@bottle/standalone";
import { findGitleaks } from "../../gitleaks/find-gitleaks.ts";
import type { GateRepository } from "../../options.ts";
import type { StandaloneConfig } from "../config/config.ts";
import { readConfig } from "../config/read-config.ts";
import { checkFiles } from "../service/check-files.ts";
import { openSecrets, passwordReader } from "../service/read-secrets.ts";
import { gitleaksText } from "./run.ts";

/** Checks a configuration without listening, reaching an upstream or leaving anything behind. @returns the exit status */
export async function check(world: World, options: { readonly config: string }): Promise<number> {
  const config = await readConfig(options.config, world.cwd);
  const problems = await inspect(config, world);
  const gitleaks = await tryGitleaks(config);
  if (config.gitleaks.use === "required" && gitleaks.state !== "used") problems.push(`gitleaks is required. ${gitleaksText(gitleaks)}.`);
  const lines: readonly (readonly [string, string])[] = [
    ["listen", formatListen(config.listen)],
    ["directory", config.directory],
    ...config.repositories.map((repository) => [repository.name, describe(repository)] as const),
    ["secrets", `${Object.keys(config.secrets).length}, ${Object.keys(config.canaries).length} canaries`],
    ["gitleaks", gitleaksText(gitleaks)],
    ["audit", config.audit === "stdout" ? "standard output" : config.audit.file],
    ...(config.control === undefined ? [] : [["operator", config.control] as const]),
    ...(config.upstreamProxy ? [["through", config.upstreamProxy.proxy] as const] : []),
  ];
  world.out(`${visible(options.config)}: ${problems.length === 0 ? "fine" : "cannot start"}`);
  for (const [name, text] of lines) world.out(`  ${name.padEnd(9)} ${visible(text)}`);
  for (const problem of problems) world.err(`git-gate: ${problem}`);
  return problems.length === 0 ? exitStatus.ok : exitStatus.start;
}

function describe({ upstream, push = ["**"], tags = false, knownHostKey, knownHostsFiles = [] }: GateRepository): string {
  const key = knownHostKey !== undefined ? ", host key pinned" : knownHostsFiles.length > 0 ? `, host key from ${knownHostsFiles.join(" or ")}` : "";
  return `${upstream}; branches ${push.join(", ")}${tags ? " and tags" : ""} may be pushed${key}`;
}

async function inspect(config: StandaloneConfig, world: World): Promise<string[]> {
  const problems: string[] = [];
  const note = (error: unknown): void => void problems.push(error instanceof StandaloneError ? `${error.message}${error.mend === undefined ? "" : ` ${error.mend}`}` : String(error));
  for (const repository of config.repositories) await checkFiles(repository).catch(note);
  if (config.upstreamProxy) await readUpstreamProxy(config.upstreamProxy, passwordReader(world.env)).catch(note);
  for (const [name, source] of [...Object.entries(config.secrets), ...Object.entries(config.canaries)]) {
    try {
      openSecrets({ [name]: source }, { env: world.env, say: () => {} });
    } catch (error) {
      note(error);
    }
  }
  return problems;
}

async function tryGitleaks({ gitleaks }: StandaloneConfig): Promise<Awaited<ReturnType<typeof findGitleaks>>["state"]> {
  const folder = await mkdtemp(join(tmpdir(), "git-gate-"));
  try {
    return (await findGitleaks(gitleaks, join(folder, "gitleaks"))).state;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
