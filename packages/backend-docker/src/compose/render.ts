import { homePath, shownPath, workspacePath } from "@bottle/backend-core";
import type { Limits } from "@bottle/manifest";
import { noProxies } from "../engine/no-proxies.ts";
import { firstProcess, type Architecture } from "../enter.ts";
import type { VolumeMount } from "../files/mounts.ts";
import type { ResourceNames } from "../names.ts";
import { gateFolder, pipelockFolder, pipelockHost, sidecarsFolder, sidecarsShown } from "../sidecars/folders.ts";
import type { ComposeFile, ComposeNetwork, ComposeService, ComposeVolumeMount } from "./file.ts";

/** How the inside bridge is kept without an address: engines from 28 have a mode for it, older ones an option. */
export type GatewayMode = "inhibit" | "isolated";

/** What a compose project is made of: plain data. */
export interface ComposeInput {
  readonly names: ResourceNames;
  /** Ids rather than names: an id can't be pulled from a registry. */
  readonly images: { readonly agent: string; readonly sidecars: string; /** Present if the bottle has one. */ readonly pipelock?: string };
  /** On containers, networks and volumes alike. */
  readonly labels: Readonly<Record<string, string>>;
  /** Variables of the agent that may be written down. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables of the agent whose values only compose is given; the names alone are written down. */
  readonly secretNames: readonly string[];
  readonly limits: Limits;
  /** Of the engine's machine. */
  readonly architecture: Architecture;
  readonly hasWorkspace: boolean;
  /** Whether the bottle declares git upstreams. Default: no. */
  readonly hasGate?: boolean;
  /** Volumes shown read-only to the agent. */
  readonly mounts: readonly VolumeMount[];
  readonly gatewayMode: GatewayMode;
  /** An OCI runtime for the agent's container; the engine's default if absent. */
  readonly runtime?: string;
}

const account = "1000:1000";
// Known secrets are in it: never on the engine's disk, and gone with the containers.
const inMemory = { driver: "local", driver_opts: { type: "tmpfs", device: "tmpfs", o: "size=16m,mode=0700,uid=1000,gid=1000,nodev,nosuid,noexec" } } as const;
// Sidecars that an agent floods with connections need threads and descriptors, not processes.
const sidecarsPids = 256;
// A gate runs several processes of git, with threads of their own, for each fetch and push.
const gatePids = 1024;
const logging = { driver: "json-file", options: { "max-size": "10m", "max-file": "2" } } as const;

const gatewayOptions: Readonly<Record<GatewayMode, Readonly<Record<string, string>>>> = {
  inhibit: { "com.docker.network.bridge.inhibit_ipv4": "true" },
  isolated: { "com.docker.network.bridge.gateway_mode_ipv4": "isolated" },
};

/** One bottle as a compose project: the agent alone on a network that leads nowhere but to the sidecars; pipelock, if there is one, on one with the sidecars alone. Pure. */
export function renderCompose(input: ComposeInput): ComposeFile {
  const { names, labels, gatewayMode, hasWorkspace, hasGate = false, images } = input;
  const hasPipelock = images.pipelock !== undefined;
  const volume = (name: string) => ({ name, labels });
  return {
    services: { agent: agent(input), sidecars: sidecars(input), ...(images.pipelock !== undefined && { pipelock: pipelock(input, images.pipelock) }) },
    networks: { ...renderNetworks({ names, labels, gatewayMode }), ...(hasPipelock && { hop: closed(names.hop, { gatewayMode, labels }) }) },
    volumes: {
      home: volume(names.volumes.home),
      ...(hasWorkspace && { workspace: volume(names.volumes.workspace) }),
      shown: volume(names.volumes.shown),
      sidecars: volume(names.volumes.sidecars),
      ...(hasGate && { gate: volume(names.volumes.gate) }),
      ...(hasPipelock && { pipelock: { ...volume(names.volumes.pipelock), ...inMemory } }),
      ...Object.fromEntries(input.mounts.map((mount, index) => [`mount-${index}`, { name: mount.volume, external: true }])),
    },
  };
}

/** The networks that every bottle has, of which nothing depends on a manifest. Pure. */
export function renderNetworks({ names, labels, gatewayMode }: Pick<ComposeInput, "names" | "labels" | "gatewayMode">): Readonly<Record<"inside" | "outside", ComposeNetwork>> {
  return {
    inside: closed(names.inside, { gatewayMode, labels }),
    outside: { name: names.outside, driver: "bridge", enable_ipv6: false, labels },
  };
}

// Leads nowhere, not even to its host.
function closed(name: string, { gatewayMode, labels }: Pick<ComposeInput, "gatewayMode" | "labels">): ComposeNetwork {
  return { name, driver: "bridge", internal: true, enable_ipv6: false, driver_opts: gatewayOptions[gatewayMode], labels };
}

/** The project with the values of its secrets: for compose's standard input, never for a disk. */
export function withSecrets(file: ComposeFile, secrets: Readonly<Record<string, string>>): ComposeFile {
  const values = new Map(Object.entries(secrets).map(([name, value]) => [reference(name), `${name}=${literal(value)}`]));
  const { agent: { environment: lines = [], ...agent }, ...others } = file.services;
  return { ...file, services: { agent: { ...agent, environment: lines.map((line) => values.get(line) ?? line) }, ...others } };
}

/**
 * The file's text: JSON, which is YAML but for characters that YAML has escaped (YAML 1.2, "Character Set") and for two more
 * line ends of YAML 1.1, which compose reads.
 */
export function composeText(file: ComposeFile): string {
  const text = JSON.stringify(file, null, 2);
  return `${text.replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/** How a secret stands in the file: nothing else in it can be like that, see `literal`. */
function reference(name: string): string {
  return `${name}=\${BOTTLE_SECRET_${name}}`;
}

function agent({ architecture, names, images, labels, env, secretNames, limits, hasWorkspace, mounts, runtime }: ComposeInput): ComposeService {
  return {
    ...hardened(labels),
    image: literal(images.agent),
    container_name: names.agent,
    hostname: "bottle",
    // Our own first process reaps.
    init: false,
    // Not the command: an image of the bottle's own may have an entry point.
    entrypoint: firstProcess(architecture).map(literal),
    healthcheck: { disable: true },
    ...(runtime !== undefined && { runtime }),
    ...(limits.memoryBytes !== undefined && { mem_limit: limits.memoryBytes, memswap_limit: limits.memoryBytes }),
    ...(limits.pids !== undefined && { pids_limit: limits.pids }),
    ...(limits.cpus !== undefined && { cpus: limits.cpus }),
    // Loopback is the container's own, so the engine's resolver has nobody to forward to; it still knows the sidecars' names.
    dns: ["127.0.0.1"],
    // "." takes away the search domains of the host; a name nobody answers for fails after one second, not after ten.
    dns_search: ["."],
    dns_opt: ["timeout:1", "attempts:1"],
    networks: { inside: {} },
    // The programs' own temporary files are often run, which the engine's default forbids.
    tmpfs: ["/tmp:exec,mode=1777", "/var/tmp:exec,mode=1777", "/run:mode=755,uid=1000,gid=1000"],
    environment: environment({ ...noProxies, ...env }, secretNames),
    volumes: [
      mount("home", homePath),
      ...(hasWorkspace ? [mount("workspace", workspacePath)] : []),
      // Made and owned by the sidecars' container, not by what the agent's image has there.
      { ...mount("shown", shownPath), read_only: true, volume: { nocopy: true } },
      ...mounts.map(({ target }, index) => ({ ...mount(`mount-${index}`, target), read_only: true, volume: { nocopy: true } })),
    ],
  };
}

function sidecars({ names, images, labels, hasGate = false }: ComposeInput): ComposeService {
  const hasPipelock = images.pipelock !== undefined;
  return {
    ...hardened(labels, { "net.ipv4.ip_forward": "0" }),
    image: literal(images.sidecars),
    container_name: names.sidecars,
    hostname: "sidecars",
    pids_limit: hasGate ? gatePids : sidecarsPids,
    // Their configuration comes in there, and its end is theirs.
    stdin_open: true,
    networks: { inside: { aliases: ["egress", "git-gate", "supervise"] }, outside: {}, ...(hasPipelock && { hop: {} }) },
    tmpfs: ["/tmp:mode=1777"],
    environment: environment(noProxies, []),
    volumes: [
      mount("sidecars", sidecarsFolder), mount("shown", sidecarsShown), ...(hasGate ? [mount("gate", gateFolder)] : []),
      ...(hasPipelock ? [{ ...mount("pipelock", pipelockFolder), volume: { nocopy: true } }] : []),
    ],
  };
}

function pipelock({ names, labels }: ComposeInput, image: string): ComposeService {
  return {
    ...hardened(labels, { "net.ipv4.ip_forward": "0" }),
    image: literal(image),
    container_name: names.pipelock,
    hostname: "pipelock",
    pids_limit: sidecarsPids,
    // What its service is called is known on both networks; this is known on the one where it listens.
    networks: { hop: { aliases: [pipelockHost] }, outside: {} },
    tmpfs: ["/tmp:mode=1777"],
    environment: environment(noProxies, []),
    // Whatever takes it over can write nowhere that the sidecars write.
    volumes: [{ ...mount("pipelock", pipelockFolder), read_only: true, volume: { nocopy: true } }],
  };
}

function hardened(labels: Readonly<Record<string, string>>, sysctls: Readonly<Record<string, string>> = {}) {
  return {
    user: account,
    init: true,
    read_only: true,
    restart: "no",
    stop_grace_period: "3s",
    pull_policy: "never",
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    sysctls: { "net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1", ...sysctls },
    // A dump of their memory would hold credentials.
    ulimits: { core: 0 },
    logging,
    labels,
  } as const;
}

function environment(env: Readonly<Record<string, string>>, secretNames: readonly string[]): readonly string[] {
  const plain = Object.entries(env).filter(([name]) => !secretNames.includes(name));
  return [...plain.map(([name, value]) => `${name}=${literal(value)}`), ...secretNames.map(reference)];
}

function mount(source: string, target: string): ComposeVolumeMount {
  return { type: "volume", source, target: literal(target) };
}

// Compose replaces `$NAME` and `${NAME}` in every value (compose-spec, "Interpolation"); `$$` is a dollar.
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}
