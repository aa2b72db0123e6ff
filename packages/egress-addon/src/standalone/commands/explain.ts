import { compilePolicy } from "../../policy/compile.ts";
import { decide } from "../../policy/decide.ts";
import { readConfig } from "../config/read-config.ts";
import { exitStatus, StandaloneError } from "../errors.ts";
import { jsonLine, visible } from "../visible.ts";
import type { World } from "../world.ts";

/** What `explain` is asked about. */
export interface ExplainOptions {
  readonly config: string;
  readonly json: boolean;
}

/** Says what the policy of a file decides on one request, and by which route; sends nothing. @returns 0 allowed, 1 refused */
export async function explain(world: World, asked: { readonly method: string; readonly url: string }, options: ExplainOptions): Promise<number> {
  const config = await readConfig(options.config, world.cwd);
  const request = toRequest(asked);
  const decision = decide(compilePolicy(config.policy), request);
  if (options.json) world.out(jsonLine(decision));
  else world.out(`${decision.decision}  ${visible(`${asked.method} ${asked.url}`)}\n  ${"reason" in decision ? `${decision.reason}: ${decision.message}` : `route ${decision.route.host}`}`);
  return decision.decision === "allow" ? exitStatus.ok : exitStatus.refused;
}

function toRequest({ method, url }: { readonly method: string; readonly url: string }): Parameters<typeof decide>[1] {
  const match = /^(https?):\/\/([^/?#@]*)([^#]*)$/.exec(url);
  const [, scheme, authority = "", path = ""] = match ?? [];
  const parts = /^(\[[^\]]*\]|[^:]*)(?::([0-9]{1,5}))?$/.exec(authority);
  if (scheme === undefined || parts?.[1] === undefined || parts[1] === "") {
    throw new StandaloneError("usage", `${JSON.stringify(url)} is not a URL that a request could have.`, { mend: "For example: egress-addon explain GET https://api.example.com/v1/models" });
  }
  const secure = scheme === "https";
  return { host: parts[1], port: parts[2] === undefined ? (secure ? 443 : 80) : Number(parts[2]), method: method.toUpperCase(), path: path.startsWith("/") ? path : `/${path}`, secure };
}
