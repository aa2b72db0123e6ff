import { formatAuthority } from "@bottle/way-out";
import { defaultPorts } from "./compile-route.ts";
import type { ConsideredRoute, Explanation } from "./explain.ts";
import type { DecisionRequest } from "./decide.ts";

const mostRoutes = 20;
const mostItems = 5;
const longest = 200;

/** An explanation for a terminal: plain printable ASCII in lines that end in `\n`, whatever the request was. */
export function formatExplanation({ request, decision, considered }: Explanation): string {
  const lines = [describe(request)];
  if (decision.decision === "allow") lines.push("allow");
  else lines.push(`deny: ${decision.reason} (layer ${decision.layer}, retry ${decision.retry})`, decision.message);
  if (considered.length === 0) lines.push("No route was looked at, or none names this host.");
  else lines.push("Routes that name this host, in the order in which they count:");
  lines.push(...considered.slice(0, mostRoutes).map((one) => `  route ${one.position} (${one.route.host}): ${tell(one, request)}`));
  if (considered.length > mostRoutes) lines.push(`  and ${considered.length - mostRoutes} more`);
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function describe({ host, port, method, path, secure, websocket }: DecisionRequest): string {
  const authority = formatAuthority(host, port, secure ? 443 : 80);
  return `${cut(method)} ${secure ? "https" : "http"}://${cut(authority)}${cut(path)}${websocket === true ? " (WebSocket)" : ""}`;
}

function tell({ route, outcome }: ConsideredRoute, request: DecisionRequest): string {
  switch (outcome) {
    case "decides": return route.deny === true ? "denies this" : route.passthrough === true ? "decides: it passes TLS tunnels unread, and no request" : "decides";
    case "fits": return "fits too, but another one decides";
    case "port": return `not for port ${request.port} (${list(route.ports ?? defaultPorts(route))})`;
    case "method": return `not for ${cut(request.method)} (${list(route.methods)})`;
    case "path": return `not for this path (${list(route.paths)})`;
    case "websocket": return "not for WebSockets";
    case "needs-tls": return "its credential is sent over https only";
    case "passthrough": return "passes TLS tunnels unread, and no request";
  }
}

function list(items: readonly (string | number)[] = []): string {
  const rest = items.length > mostItems ? `, and ${items.length - mostItems} more` : "";
  return items.length === 0 ? "none" : items.slice(0, mostItems).map((item) => cut(String(item))).join(", ") + rest;
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

// Nothing of a request may steer a terminal or change what a person reads.
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
