import { defaultPorts } from "./compile-route.ts";
import { dlpOf } from "./dlp.ts";
import { grantOf } from "./grant.ts";
import type { EgressRoute } from "./model.ts";

const unread = "TUNNELS TO THIS HOST ARE NOT INTERCEPTED: no path is checked, no secret looked for, no credential put in";

/** A route as the program inside may see it: defaults filled in, its credential by scheme alone, and, if it was granted, under which name. */
export function showRoute(route: EgressRoute): object {
  const { host, ports = defaultPorts(route), methods, paths, auth, limits, websocket } = route;
  const what = { host, ports: ports ?? "any", methods: methods ?? "any", paths: paths ?? "any" };
  if (route.deny === true) return { deny: true, ...what };
  if (route.passthrough === true) return { passthrough: unread, host, ports, ...(limits === undefined ? {} : { limits }) };
  const { action, streaming } = dlpOf(route);
  const grant = grantOf(route);
  return {
    ...(grant === undefined ? {} : { grant }), ...what, credential: auth?.scheme ?? null, dlp: streaming ? `${action}, large uploads unscanned` : action,
    ...(limits === undefined ? {} : { limits }),
    ...(websocket === false ? { websocket } : {}),
  };
}
