import { showRoute } from "../policy/show-route.ts";
import type { ClientResponse } from "./client.ts";
import type { EgressState } from "./state.ts";

/** Answers with the policy in force. A route's credential is shown by its scheme alone. */
export function introspect(state: EgressState, response: ClientResponse): void {
  const { routes, grants } = state.policy;
  const shown = [...routes, ...grants].map(showRoute);
  const body = `${JSON.stringify({ generation: state.generation, default: "deny", routes: shown }, undefined, 2)}\n`;
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body), "cache-control": "no-store" });
  response.end(body);
}
