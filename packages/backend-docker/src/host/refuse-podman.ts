import type { Availability } from "@bottle/backend-core";
import * as v from "valibot";
import { read } from "../engine/api.ts";
import type { Docker } from "../engine/docker.ts";

// Docker's are higher since 2017; Podman's are single digits.
const lowestOfDocker = 17;

const versionSchema = v.object({ Components: v.nullish(v.array(v.object({ Name: v.string() }))) });

/**
 * Says of Podman's compatible socket that bottles can't run on it; undefined for every other engine. It takes the option that
 * leaves a network's bridge without an address, says nothing, and gives it one (tried with 4.3.1): the host would answer an
 * agent there, and the self-check end every launch. Only an engine whose version is unlike Docker's is asked for its name.
 */
export async function refusePodman(docker: Docker, version: string): Promise<Extract<Availability, { readonly available: false }> | undefined> {
  if (Number.parseInt(version, 10) >= lowestOfDocker) return undefined;
  const { Components } = read(versionSchema, await docker.api.get("/version"));
  if (!Components?.some(({ Name }) => Name === "Podman Engine")) return undefined;
  return {
    available: false,
    reason: `the engine is Podman ${version}, on whose internal networks the host answers an agent.`,
    mend: "Use a Docker engine (DOCKER_HOST, or `docker context use NAME`), or start with `--backend bubblewrap`.",
  };
}
