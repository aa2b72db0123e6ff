import { type Fault, upstreamProxyFault } from "@bottle/standalone";
import { compilePlaceholders } from "../../credentials/placeholder/compile-placeholders.ts";
import { EgressError } from "../../errors.ts";
import type { Written } from "./schema.ts";

type OffsetOf = (...path: readonly (string | number)[]) => number;
type Report = (offset: number, fault: Fault) => void;

/** Reports what the proxy itself would refuse of its options, in its words, each at its place. */
export function judgeOptions({ routes, placeholders = {}, upstream_proxy: hop }: Written, offsetOf: OffsetOf, report: Report): void {
  const [unfit, name = ""] = /^The placeholder of "([^"]*)".*?\.(?= )/.exec(complaint(() => compilePlaceholders(placeholders)) ?? "") ?? [];
  if (unfit !== undefined) report(offsetOf("placeholders", name), { code: "placeholder-invalid", message: unfit, mend: "`egress-addon placeholder` prints one." });
  routes.forEach(({ auth }, index) => {
    if (auth?.scheme !== "placeholder" || Object.hasOwn(placeholders, auth.tokenRef)) return;
    report(offsetOf("routes", index, "auth"), {
      code: "placeholder-missing", message: "Nothing says what the program holds in this token's place.", mend: "placeholders: { NAME: … }, by the same name; `egress-addon placeholder` prints one.",
    });
  });
  const unread = hop && upstreamProxyFault(hop);
  if (unread) report(offsetOf("upstream_proxy", unread.key), unread.fault);
}

function complaint(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    return error.message;
  }
}
