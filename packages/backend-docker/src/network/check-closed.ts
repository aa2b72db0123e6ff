import { networkInterfaces } from "node:os";
import { BottleError, directProbes, settleAll } from "@bottle/backend-core";
import * as v from "valibot";
import { explainEngine } from "../engine/api.ts";
import type { Docker } from "../engine/docker.ts";
import { closedProbes, judgeProbes } from "./self-check.ts";

const networks = v.array(v.object({
  IPAM: v.object({ Config: v.nullish(v.array(v.object({ Subnet: v.optional(v.string()), Gateway: v.optional(v.string()) }))) }),
  Containers: v.nullish(v.record(v.string(), v.object({ IPv4Address: v.string() }))),
}));

// A host with very many bridges; the first ones tell.
const mostAddresses = 48;

/**
 * IPv4 addresses that the engine's host has, or would have, on a bottle's networks and its own.
 * @throws BottleError `launch-failed` if the networks cannot be read
 */
export async function hostAddresses({ docker, networks: ours, signal }: {
  readonly docker: Docker;
  /** The bottle's. */
  readonly networks: readonly string[];
  readonly signal?: AbortSignal | undefined;
}): Promise<readonly string[]> {
  const answers = await Promise.all([...ours, "bridge"].map((name) => docker.api.get(`/networks/${name}`, { signal })))
    .catch((error: unknown) => Promise.reject(explainEngine("The bottle's networks could not be read", error)));
  if (answers.slice(0, ours.length).includes(undefined)) throw new BottleError("launch-failed", "The bottle's networks are not there any more.", { mend: "Somebody removed them while it started; start again." });
  // An engine can be without its default network.
  return [...gatewaysOf(answers.filter((answer) => answer !== undefined)), ...ownAddresses()].slice(0, mostAddresses);
}

/**
 * Looks from inside, on the operator's own engine, whether the host or a resolver answers a bottle, while `directProbes` run
 * beside it.
 * @param options.addresses of the host
 * @param options.look goes inside at once and runs a shell script there once it is known; resolves to what it printed
 * @returns what `directProbes` printed
 * @throws BottleError `self-check-failed` naming what answers
 */
export async function checkClosed({ addresses, look }: {
  readonly addresses: Promise<readonly string[]>;
  readonly look: (script: Promise<string>) => Promise<string>;
}): Promise<string> {
  const script = addresses.then((known) => bothAtOnce(closedProbes({ addresses: known })));
  const [output] = await settleAll([look(script), script]);
  const [direct = "", ours = ""] = output.split(boundary);
  judgeProbes(ours);
  return direct;
}

const boundary = "probes follow\n";

// /tmp is the container's own, in memory, and nobody has been in it yet.
function bothAtOnce(probes: string): string {
  return `{ ${directProbes} } > /tmp/direct &\nprobes=$(${probes})\nwait\ncat /tmp/direct; rm /tmp/direct\nprintf '${boundary.replace("\n", "\\n")}%s\\n' "$probes"\n`;
}

/** The addresses a host has in networks, or would have: the gateway where it is told, else the first address, unless a container has it. @param inspected what the engine says of each (NetworkInspect) */
export function gatewaysOf(inspected: readonly unknown[]): readonly string[] {
  const read = v.parse(networks, inspected);
  const taken = new Set(read.flatMap(({ Containers }) => Object.values(Containers ?? {}).map(({ IPv4Address }) => IPv4Address.split("/")[0])));
  const all = read.flatMap(({ IPAM }) => (IPAM.Config ?? []).map(({ Gateway, Subnet }) => Gateway || firstOf(Subnet ?? "")));
  return all.filter((address) => /^[0-9.]+$/.test(address) && !taken.has(address));
}

// Docker's own subnets start at an address that ends with 0 bits; so does the first one's number.
function firstOf(subnet: string): string {
  const [base = ""] = subnet.split("/");
  const parts = base.split(".").map(Number);
  return parts.length === 4 ? [...parts.slice(0, 3), (parts[3] ?? 0) + 1].join(".") : "";
}

/** This host's, which is the engine's too if it is local; of a remote one they are merely addresses nobody answers at. */
function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
}
