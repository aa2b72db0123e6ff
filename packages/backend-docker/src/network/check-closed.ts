import type { OpenBottle } from "@bottle/backend-core";
import type { Docker } from "../engine/docker.ts";
import type { Engine } from "../host/check-host.ts";

/** Placeholder until the probes stand beside it. */
export async function checkClosed(_options: { readonly docker: Docker; readonly bottle: OpenBottle; readonly engine: Engine; readonly signal: AbortSignal | undefined }): Promise<void> {
  await Promise.resolve();
}
