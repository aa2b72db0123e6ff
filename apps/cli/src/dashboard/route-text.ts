import type { AskedRoute } from "@bottle/manifest";
import { askedRouteSchema } from "@bottle/manifest/state";

const anyMethod = "any";

/** A route in one line that `parseRouteText` reads again: `GET,HEAD registry.example:443 /left-pad /is-odd`. */
export function formatRouteText({ host, ports, methods, paths }: AskedRoute): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return [methods?.join(",") ?? anyMethod, `${name}${ports ? `:${ports.join(",")}` : ""}`, ...(paths ?? [])].join(" ");
}

/** Reads a route as the operator writes it, or says what is wrong with it. Without paths: any path. */
export function parseRouteText(text: string): { readonly route: AskedRoute } | { readonly problem: string } {
  const [methods, place, ...paths] = text.trim().split(/\s+/).filter((word) => word !== "");
  if (methods === undefined || place === undefined) return { problem: "Write METHODS HOST[:PORTS] [PATHS], for example: GET,HEAD registry.example /left-pad" };
  const found = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(place);
  if (!found) return { problem: `"${place}" is not a host with ports.` };
  const [, address, name = "", ports] = found;
  const route = {
    host: address ?? name,
    ...(ports !== undefined && { ports: ports.split(",").map((port) => (/^\d{1,5}$/.test(port) ? Number(port) : port)) }),
    ...(methods.toLowerCase() !== anyMethod && { methods: methods.split(/[,|]/) }),
    ...(paths.length > 0 && { paths }),
  };
  const result = askedRouteSchema["~standard"].validate(route);
  if (result instanceof Promise) throw new TypeError("routes are judged at once");
  if (!result.issues) return { route: result.value };
  const [issue] = result.issues;
  const where = issue?.path?.map((part) => (typeof part === "object" ? String(part.key) : String(part))).join(".") ?? "";
  return { problem: `This is not a route that can be granted: ${where === "" ? "" : `${where}: `}${issue?.message ?? ""}` };
}
