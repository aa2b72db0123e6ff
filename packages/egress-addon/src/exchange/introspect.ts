import { defaultPorts } from "../policy/compile-route.ts";
import { dlpOf } from "../policy/dlp.ts";
import type { EgressRoute } from "../policy/model.ts";
import type { ClientResponse } from "./client.ts";
import type { EgressState } from "./state.ts";

const unread = "TUNNELS TO THIS HOST ARE NOT INTERCEPTED: no path is checked, no secret looked for, no credential put in";

/** Answers with the policy in force. A route's credential is shown by its scheme alone. */
export function introspect(state: EgressState, response: ClientResponse): void {
  const routes = state.policy.routes.map(show);
  const body = `${JSON.stringify({ generation: state.generation, default: "deny", routes }, undefined, 2)}\n`;
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body), "cache-control": "no-store" });
  response.end(body);
}

function show(route: EgressRoute): object {
  const { host, ports = defaultPorts(route), methods, paths, auth, limits, websocket } = route;
  const what = { host, ports: ports ?? "any", methods: methods ?? "any", paths: paths ?? "any" };
  if (route.deny === true) return { deny: true, ...what };
  if (route.passthrough === true) return { passthrough: unread, host, ports, ...(limits === undefined ? {} : { limits }) };
  const { action, streaming } = dlpOf(route);
  return {
    ...what, credential: auth?.scheme ?? null, dlp: streaming ? `${action}, large uploads unscanned` : action,
    ...(limits === undefined ? {} : { limits }),
    ...(websocket === false ? { websocket } : {}),
  };
}
