import type { Availability } from "@bottle/backend-core";
import { array, boolean, looseObject, optional, parse, record, string, unknown } from "valibot";
import { lastLine, type Docker } from "../engine/docker.ts";
import type { Architecture } from "../enter.ts";
import type { GatewayMode } from "../compose/render.ts";

/** An engine that bottles can run on. */
export interface Engine {
  readonly available: true;
  readonly version: string;
  readonly caveats: readonly string[];
  /** Of the engine's machine. */
  readonly architecture: Architecture;
  readonly gatewayMode: GatewayMode;
  /** OCI runtimes by name, `runsc` for example. */
  readonly runtimes: readonly string[];
}

// Part of the engine's API (GET /info); `ServerErrors` is the client's own.
const info = looseObject({
  ServerVersion: optional(string(), ""), Architecture: optional(string(), ""), OSType: optional(string(), ""),
  Runtimes: optional(record(string(), unknown()), {}), ServerErrors: optional(array(string()), []),
  MemoryLimit: optional(boolean(), false), PidsLimit: optional(boolean(), false), CpuCfsQuota: optional(boolean(), false),
});

const architectures: Readonly<Record<string, Architecture>> = { x86_64: "x64", aarch64: "arm64" };
// Engine 27 brought com.docker.network.bridge.gateway_mode_ipv4, engine 28 its value `isolated`.
const firstIsolated = 28;

/** Whether bottles can run on the engine, by one call to it: this is on the way of every start. */
export async function checkEngine(docker: Docker): Promise<Engine | Extract<Availability, { readonly available: false }>> {
  const { exitCode, stdout, stderr } = await docker.run(["info", "--format", "{{json .}}"]);
  if (exitCode === 127) return { available: false, reason: "docker is not installed.", mend: "Run: sudo apt-get install docker.io docker-compose" };
  const facts = readInfo(Buffer.from(stdout).toString());
  const complaint = facts?.ServerErrors[0] ?? lastLine(stderr);
  if (!facts || facts.ServerVersion === "") return { available: false, ...explain(complaint) };
  const architecture = Object.hasOwn(architectures, facts.Architecture) ? architectures[facts.Architecture] : undefined;
  if (facts.OSType !== "linux" || !architecture) return { available: false, reason: `The engine runs ${facts.OSType} containers on ${facts.Architecture}.`, mend: "Use a Linux engine on x86-64 or arm64." };
  return {
    available: true, version: facts.ServerVersion, caveats: caveats(facts), architecture,
    gatewayMode: Number.parseInt(facts.ServerVersion, 10) >= firstIsolated ? "isolated" : "inhibit",
    runtimes: Object.keys(facts.Runtimes),
  };
}

function readInfo(text: string): ReturnType<typeof parse<typeof info>> | undefined {
  try {
    return parse(info, JSON.parse(text));
  } catch {
    return undefined;
  }
}

function explain(complaint: string): { readonly reason: string; readonly mend: string } {
  if (/permission denied/i.test(complaint)) return { reason: "You may not use the engine's socket.", mend: "Run: sudo usermod -aG docker $USER, then log in again; or use a rootless engine." };
  if (/cannot connect|no such file|connection refused|is the docker daemon running/i.test(complaint)) return { reason: `The engine does not answer: ${complaint}`, mend: "Start it (sudo systemctl start docker), or point DOCKER_HOST or the docker context to one that runs." };
  return { reason: `docker info failed: ${complaint || "it said nothing"}`, mend: "Run `docker info` and look at what it says." };
}

function caveats(facts: { readonly MemoryLimit: boolean; readonly PidsLimit: boolean; readonly CpuCfsQuota: boolean }): readonly string[] {
  const missing = Object.entries({ memory: facts.MemoryLimit, pids: facts.PidsLimit, cpu: facts.CpuCfsQuota }).filter(([, has]) => !has).map(([name]) => name);
  return missing.length === 0 ? [] : [`The engine's machine cannot limit ${missing.join(", ")}.`];
}
