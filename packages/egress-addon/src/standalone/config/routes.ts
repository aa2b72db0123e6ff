import { EgressError } from "../../errors.ts";
import { compilePolicy } from "../../policy/compile.ts";
import type { EgressRoute, RouteAuth } from "../../policy/model.ts";
import type { Fault } from "./fault.ts";
import { type Field, integer, list, map, oneOf, refined, text } from "./fields.ts";
import { routeHostFault, variableFault } from "./rules.ts";

const auth: Field<RouteAuth> = refined(
  map({ scheme: oneOf("bearer", "basic", "token", "header", "query"), token_ref: text(variableFault) }, { name: text() }),
  ({ token_ref: tokenRef, ...rest }) => ({ ...rest, tokenRef }),
);

/** One of `routes`. What the policy itself would refuse is refused here, at its place and in its words. */
export const route: Field<EgressRoute> = refined(
  map({ host: text(routeHostFault) }, {
    ports: list(integer(1, 65_535), { isFilled: true }),
    methods: list(text(), { isFilled: true }),
    paths: list(text(), { isFilled: true }),
    auth,
    dlp: oneOf("block", "warn", "off"),
  }),
  (read, node, at) => {
    const fault = policyFault(read);
    if (fault) at.report(node.offset, fault);
    return fault ? undefined : read;
  },
);

function policyFault(one: EgressRoute): Fault | undefined {
  try {
    compilePolicy({ routes: [one] });
    return undefined;
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    return { code: error.code, message: error.message.replace(/^The policy was refused: route 1 \((.*?)\): /, "$1: ") };
  }
}
