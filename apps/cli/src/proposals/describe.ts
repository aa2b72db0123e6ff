import type { Ask, AskedRoute, AskedPush, Lifetime, Proposal } from "@bottle/manifest";
import { formatRouteText } from "./route-text.ts";

/** What is asked for in one line, as the agent wrote it: clean it before it reaches a terminal. */
export function describeAsk(ask: Ask): string {
  switch (ask.kind) {
    case "egress":
      return `route ${formatRouteText(ask.route)}`;
    case "pipelock":
      return `second hop ${formatRouteText(ask.route)}`;
    case "capability":
      return `an image of its own, by a Dockerfile of ${ask.dockerfile.trimEnd().split("\n").length} lines`;
    case "push":
      return `the held push to ${ask.push.repository}: ${ask.push.updates.map(({ ref }) => ref).join(", ")}`;
  }
}

/** What the bottle could do after a yes that it cannot do now, line by line; `route` in place of the one asked for. */
export function describeGain(ask: Ask, route?: AskedRoute): readonly string[] {
  switch (ask.kind) {
    case "egress":
      return gainOfRoute(route ?? ask.route);
    case "pipelock":
      return ["The second hop (pipelock) lets this through as well; the routes of the bottle still decide:", ...gainOfRoute(route ?? ask.route)];
    case "capability":
      return [
        "The bottle is ended, its image is built anew from this Dockerfile, and `bottle resume` goes on in it.",
        "The Dockerfile's commands run on the build's network, outside the routes of the bottle.",
        "Home, workspace and transcript are kept.", "", ...quoted(ask.dockerfile),
      ];
    case "push":
      return gainOfPush(ask.push);
  }
}

function gainOfRoute({ host, ports, methods, paths }: AskedRoute): readonly string[] {
  return [
    host.startsWith("*.") ? `+ every host below ${host.slice(2)}` : `+ host     ${host}`,
    `+ ports    ${ports?.join(", ") ?? "the usual ones: 443 and 80"}`,
    `+ methods  ${methods?.join(", ") ?? "ANY METHOD, uploads too"}`,
    ...(paths ?? ["ANY PATH"]).map((path, index) => `${index === 0 ? "+ paths    " : "           "}${path}`),
    "No credential goes with it; what is sent is scanned for secrets as everywhere.",
  ];
}

function gainOfPush({ repository, updates, findings, review }: AskedPush): readonly string[] {
  return [
    `+ goes on to the upstream ${repository}:`,
    ...updates.map(({ ref, old, new: next }) => `    ${ref}  ${old?.slice(0, 12) ?? "(new)"} → ${next?.slice(0, 12) ?? "(DELETED)"}`),
    ...(findings.length === 0 ? [] : ["It was held because of:"]),
    ...findings.map(({ rule, kind, path, line, object }) => `    ${kind} ${rule} in ${path ?? object.slice(0, 12)}${line === undefined ? "" : `:${line}`}`),
    ...(review.length === 0 ? [] : ["You want to look at these paths before they leave:"]),
    ...review.map((path) => `    ${path}`),
  ];
}

/** For how long it holds: `until 2026-01-01T00:00:00Z, 3 requests`. */
export function describeLifetime({ until, uses }: Lifetime): string {
  const parts = [...(until === undefined ? [] : [`until ${until}`]), ...(uses === undefined ? [] : [uses === 1 ? "once" : `${uses} requests`])];
  return parts.length === 0 ? "as long as the bottle is there" : parts.join(", ");
}

/** What became of it and who said so: `approved by ann@desk: fine`. */
export function describeState({ state, decision, failure }: Proposal): string {
  const by = decision === undefined ? "" : ` by ${decision.by}`;
  const reason = failure ?? decision?.reason;
  return `${state}${by}${reason === undefined ? "" : `: ${reason}`}`;
}

/** A text of the agent's, each line marked as a quotation, so that none can pass for what bottle says. */
export function quoted(text: string): readonly string[] {
  return text.trimEnd().split("\n").map((line) => `${quotationMark}${line}`);
}

/** What begins each line of a quotation. */
export const quotationMark = "│ ";
