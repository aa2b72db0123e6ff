import { BottleError, hostPath, type Availability } from "@bottle/backend-core";
import * as v from "valibot";
import { findCompose, type Compose } from "../compose/compose.ts";
import { firstProgram } from "../compose/find.ts";
import type { GatewayMode } from "../compose/render.ts";
import { EngineError, read } from "../engine/api.ts";
import type { Docker } from "../engine/docker.ts";
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
  ServerVersion: v.pipe(v.string(), v.minLength(1)),
  OSType: v.optional(v.string(), "linux"),
  Architecture: v.optional(v.string(), ""),
  Runtimes: v.nullish(v.record(v.string(), v.unknown())),
  SecurityOptions: v.nullish(v.array(v.string())),
  MemoryLimit: flag,
  PidsLimit: flag,
  CpuCfsPeriod: flag,
  CpuCfsQuota: flag,
});
type Info = v.InferOutput<typeof infoSchema>;

// The first with gateway mode "isolated" (moby pull request 49262).
const firstIsolating = 28;

/**
 * Whether bottles can run on the operator's engine: one question to it, and a look at the programs there are.
 * @param options.hasCompose whether a compose has been started already
 */
export async function checkEngine(docker: Docker, { hasCompose = false }: { readonly hasCompose?: boolean } = {}): Promise<Engine | Unavailable> {
  if (!await hasDocker()) return { available: false, reason: "docker is not installed.", mend: "Run: sudo apt-get install docker.io docker-compose, or see https://docs.docker.com/engine/install." };
  try {
    const [info, compose] = await Promise.all([docker.api.get("/info").then((answer) => read(infoSchema, answer)), findCompose(docker, { isStarted: hasCompose }).catch(noCompose)]);
    if (info.OSType !== "linux") return { available: false, reason: `the engine runs ${info.OSType} containers.`, mend: "Switch it to Linux containers." };
    return await refusePodman(docker, info.ServerVersion) ?? ("available" in compose ? compose : describe(info, compose));
  } catch (error) {
    if (error instanceof EngineError) return explainSilence(error.message);
    throw error;
  }
}

// Every step that starts it finds it so (`start`).
async function hasDocker(): Promise<boolean> {
  return await firstProgram(hostPath.split(":"), "docker") !== undefined;
}

function noCompose(error: unknown): Unavailable {
  if (!(error instanceof BottleError)) throw error;
  return { available: false, reason: error.message.replace("docker cannot run here: ", ""), mend: error.mend };
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
