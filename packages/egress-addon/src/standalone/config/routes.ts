import { type Field, flag, integer, list, map, oneOf, refined, text, variableFault } from "@bottle/standalone";
import type { EgressRoute, RouteAuth, RouteLimits } from "../../policy/model.ts";
import { methodFault, routeHostFault } from "./rules.ts";

const auth: Field<RouteAuth> = refined(
  map({ scheme: oneOf("bearer", "basic", "token", "header", "query", "placeholder", "sigv4"), token_ref: text((name) => variableFault(name)) },
    { name: text(), in: list(oneOf("header", "url", "body"), { isFilled: true }), region: text(), service: text() }),
  ({ token_ref: tokenRef, ...rest }) => ({ ...rest, tokenRef }),
);

const most = integer(1, Number.MAX_SAFE_INTEGER);

const limits: Field<RouteLimits> = refined(
  map({}, { requests_per_minute: most, bytes_out_per_minute: most, concurrent: most }),
  ({ requests_per_minute: requestsPerMinute, bytes_out_per_minute: bytesOutPerMinute, ...rest }) => ({
    ...rest, ...(requestsPerMinute !== undefined && { requestsPerMinute }), ...(bytesOutPerMinute !== undefined && { bytesOutPerMinute }),
  }),
);

const dlpAction = oneOf("block", "warn", "off");
const dlp: Field<NonNullable<EgressRoute["dlp"]>> = (node, at) =>
  node.kind === "map" ? map({ action: dlpAction }, { streaming: flag })(node, at) : dlpAction(node, at);

/** One of `routes`. How its values go together is the policy's to judge. */
export const route: Field<EgressRoute> = map({ host: text(routeHostFault) }, {
  ports: list(integer(1, 65_535), { isFilled: true }),
  methods: list(text(methodFault), { isFilled: true }),
  paths: list(text(), { isFilled: true }),
  auth, deny: flag, websocket: flag, passthrough: flag, limits, dlp,
});
