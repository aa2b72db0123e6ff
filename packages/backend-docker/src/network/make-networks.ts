import * as v from "valibot";
import type { ComposeFile } from "../compose/file.ts";
import { read, type EngineApi } from "../engine/api.ts";

const createdSchema = v.object({ Id: v.string() });

/**
 * Makes a project's networks as compose would, which then finds them as its own by their labels (docker/compose,
 * pkg/compose/create.go, resolveOrCreateNetwork; docker-compose 1.29, network.py, which compares their settings as well). One
 * after the other: the engine's calls of iptables wait for each other, and two networks at once take it longer than two in turn.
 * @param made is given the id of each that is there
 * @throws EngineError
 */
export async function makeNetworks(api: EngineApi, { project, networks }: { readonly project: string; readonly networks: ComposeFile["networks"] }, made: (id: string) => void): Promise<void> {
  for (const [key, { name, driver, internal = false, enable_ipv6: isIpv6, driver_opts: options = {}, labels }] of Object.entries(networks)) {
    const answer = await api.post("/networks/create", {
      Name: name, CheckDuplicate: true, Driver: driver, Internal: internal, EnableIPv6: isIpv6, Options: options,
      Labels: { ...labels, "com.docker.compose.project": project, "com.docker.compose.network": key },
    });
    made(read(createdSchema, answer).Id);
  }
}
