import type { ServerResponse } from "node:http";
import type { CompiledPolicy } from "./policy/compile.ts";

/** Tells a bottle its routes in force: what is allowed, whether a credential goes along, never which. */
export function introspection(response: ServerResponse, state: { readonly policy: CompiledPolicy; readonly generation: number; readonly howToAsk: string }): void {
  const routes = state.policy.routes.map(({ host, ports, methods, paths, auth }) => ({
    host, ports: ports ?? [80, 443], methods: methods ?? "any", paths: paths ?? "any", credential: auth !== undefined,
  }));
  const body = `${JSON.stringify({ generation: state.generation, default: "deny", routes, how_to_ask: state.howToAsk }, undefined, 2)}\n`;
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body), "cache-control": "no-store" }).end(body);
}
