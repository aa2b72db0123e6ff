import type { DecisionRequest } from "@bottle/egress-addon";
import type { AskedRoute } from "@bottle/manifest";

const sample = "bottle-sample";
/** As good as all: what a route of few methods does not allow is among them. */
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BOTTLE-SAMPLE"];

/** Requests that stand for all that a route would allow: a policy that answers them alike answers alike for the route. */
export function sampleRequests(route: AskedRoute): readonly DecisionRequest[] {
  const host = route.host.startsWith("*.") ? `${sample}${route.host.slice(1)}` : route.host;
  const paths = (route.paths ?? ["/", "/**"]).flatMap(samplesOf);
  return (route.ports ?? [80, 443]).flatMap((port) => (route.methods ?? methods).flatMap((method) =>
    paths.map((path): DecisionRequest => ({ host, port, method, path, secure: port !== 80 }))));
}

// `**` is any number of segments, so that one and three are not the same.
function samplesOf(pattern: string): readonly string[] {
  const filled = (segments: string): string => pattern.split("/").map((part) => (part === "**" ? segments : part.replaceAll("*", sample))).join("/");
  return pattern.split("/").includes("**") ? [filled(sample), filled(`${sample}/${sample}/${sample}`)] : [filled(sample)];
}
