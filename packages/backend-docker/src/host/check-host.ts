import { BottleError, type Availability } from "@bottle/backend-core";
import * as v from "valibot";
import { findCompose, type Compose } from "../compose/compose.ts";
import type { GatewayMode } from "../compose/render.ts";
import { lastLine, type Docker, type DockerResult } from "../engine/docker.ts";
import { explainSilence } from "./explain-silence.ts";
import { refusePodman } from "./refuse-podman.ts";

/** An engine that bottles can run on, and what a launch must know of it. */
export interface Engine {
  readonly available: true;
  /** Engine and compose, for people. */
  readonly version: string;
  readonly caveats: readonly string[];
  readonly compose: Compose;
  readonly gatewayMode: GatewayMode;
  /** As the kernel's `uname -m` has it: x86_64, aarch64. */
  readonly architecture: string;
  /** OCI runtimes by name. */
  readonly runtimes: readonly string[];
}

type Unavailable = Extract<Availability, { readonly available: false }>;

const flag = v.optional(v.boolean(), false);
const infoSchema = v.object({
  ServerErrors: v.nullish(v.array(v.string())),
  ServerVersion: v.optional(v.string(), ""),
  OSType: v.optional(v.string(), "linux"),
  Architecture: v.optional(v.string(), ""),
  Runtimes: v.nullish(v.record(v.string(), v.unknown())),
  SecurityOptions: v.nullish(v.array(v.string())),
  MemoryLimit: flag,
  PidsLimit: flag,
  CpuCfsPeriod: flag,
  CpuCfsQuota: flag,
  ClientInfo: v.optional(v.object({ Plugins: v.nullish(v.array(v.object({ Name: v.string(), Version: v.optional(v.string(), "") }))) })),
});
type Info = v.InferOutput<typeof infoSchema>;

// The first with gateway mode "isolated" (moby pull request 49262).
const firstIsolating = 28;

/** Whether bottles can run on the operator's engine, without starting anything: two calls at once, on the way of every start. */
export async function checkEngine(docker: Docker): Promise<Engine | Unavailable> {
  const [answer, address] = await Promise.all([
    docker.run(["info", "--format", "{{json .}}"]),
    addressOf(docker),
  ]);
  if (answer.exitCode === 127) {
    return { available: false, reason: "docker is not installed.", mend: "Run: sudo apt-get install docker.io docker-compose, or see https://docs.docker.com/engine/install." };
  }
  const info = parseInfo(answer.stdout);
  if (info === undefined || info.ServerVersion === "" || info.ServerErrors?.length) {
    return explainSilence(info?.ServerErrors?.at(0) ?? (lastLine(answer.stderr) || "docker info said nothing that can be read"));
  }
  if (info.OSType !== "linux") return { available: false, reason: `the engine runs ${info.OSType} containers.`, mend: "Switch it to Linux containers." };
  return await refusePodman(docker, info.ServerVersion) ?? withCompose(docker, info, address);
}

/** Where the engine is. DOCKER_HOST goes before every context (docker/cli, resolveContextName). */
async function addressOf(docker: Docker): Promise<string | undefined> {
  return docker.environment["DOCKER_HOST"] || said(await docker.run(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]));
}

async function withCompose(docker: Docker, info: Info, address: string | undefined): Promise<Engine | Unavailable> {
  const plugin = info.ClientInfo?.Plugins?.find(({ Name }) => Name === "compose")?.Version;
  try {
    return describe(info, await findCompose(docker, { plugin, address }));
  } catch (error) {
    if (!(error instanceof BottleError)) throw error;
    return { available: false, reason: "there is no docker compose.", mend: error.mend };
  }
}

function describe(info: Info, compose: Compose): Engine {
  const security = info.SecurityOptions ?? [];
  const limits = { memory: info.MemoryLimit, pids: info.PidsLimit, cpus: info.CpuCfsPeriod && info.CpuCfsQuota };
  return {
    available: true,
    version: `Docker ${info.ServerVersion}, compose ${compose.version}`,
    caveats: caveats(security, limits),
    compose,
    gatewayMode: Number.parseInt(info.ServerVersion, 10) >= firstIsolating ? "isolated" : "inhibit",
    architecture: info.Architecture,
    runtimes: Object.keys(info.Runtimes ?? {}),
  };
}

// It ignores limits that it cannot keep.
function caveats(security: readonly string[], limits: Readonly<Record<"memory" | "pids" | "cpus", boolean>>): readonly string[] {
  const hasSeccomp = security.some((option) => option.startsWith("name=seccomp") && !option.includes("unconfined"));
  const missing = Object.entries(limits).filter(([, can]) => !can).map(([name]) => name);
  return [
    ...(hasSeccomp ? [] : ["This engine filters no system calls (seccomp is off)."]),
    ...(missing.length === 0 ? [] : [`This engine cannot limit ${missing.join(", ")}: such limits of a bottle have no effect.`]),
  ];
}

function parseInfo(stdout: Uint8Array): Info | undefined {
  try {
    return v.parse(infoSchema, JSON.parse(Buffer.from(stdout).toString()));
  } catch {
    return undefined;
  }
}

function said({ exitCode, stdout }: DockerResult): string | undefined {
  const text = Buffer.from(stdout).toString().trim();
  return exitCode === 0 && text !== "" ? text : undefined;
}
