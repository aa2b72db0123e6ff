import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EgressEvent } from "../events.ts";
import type { EgressOptions, EgressProxy } from "../options.ts";
import type { EgressRoute } from "../policy/model.ts";
import { startEgressProxy } from "../start.ts";
import type { Upstream } from "./upstream.ts";

/** The host that stands for everything allowed in tests, and the one that is in no route. */
export const allowed = "allowed.test";
export const evil = "evil.test";
/** The value that must be nowhere but on the wire to the allowed upstream. */
export const secret = "real-secret-0123456789";

/** A proxy in front of a test upstream, on a temporary directory. */
export interface Rig extends AsyncDisposable {
  readonly proxy: EgressProxy;
  readonly events: EgressEvent[];
  readonly directory: string;
  /** Port of the proxy, on 127.0.0.1. */
  readonly port: number;
  /** File with the proxy's CA certificate. */
  readonly caFile: string;
}

/** Starts a proxy whose fixed hosts lead `allowed` and `evil` to the upstream; only `allowed` has a route, with a bearer. */
export async function startRig(upstream: Upstream, options: Partial<EgressOptions> & { readonly routes?: readonly EgressRoute[] } = {}): Promise<Rig> {
  const directory = await mkdtemp(join(tmpdir(), "egress-"));
  const events: EgressEvent[] = [];
  const { routes = [{ host: allowed, auth: { scheme: "bearer", tokenRef: "TOKEN" } }], ...rest } = options;
  const caDirectory = join(directory, "ca");
  const proxy = await startEgressProxy({
    listen: { host: "127.0.0.1", port: 0 }, caDirectory, policy: { routes }, tokens: () => secret,
    hosts: { [allowed]: upstream.address, [evil]: upstream.address }, upstreamCas: [upstream.caCertificate],
    onEvent: (event) => void events.push(event), ...rest,
  });
  return {
    proxy, events, directory, caFile: join(caDirectory, "ca.pem"), port: "port" in proxy.address ? proxy.address.port : 0,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
