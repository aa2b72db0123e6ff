import type { Fault } from "@bottle/standalone";
import { readHop, WayOutError } from "@bottle/way-out";
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
  const message = hop && complaint(() => readHop({ proxy: hop.url, noProxy: hop.no_proxy ?? [] }, { hosts: {}, allowPrivate: [] }));
  if (message !== undefined) report(offsetOf("upstream_proxy", message.startsWith("upstream_proxy.no_proxy") ? "no_proxy" : "url"), { code: "option-invalid", message });
}

function complaint(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof EgressError || error instanceof WayOutError)) throw error;
    return error.message.replaceAll("via.proxy", "upstream_proxy.url").replaceAll("via.noProxy", "upstream_proxy.no_proxy").replaceAll("via.credential", "upstream_proxy.credential");
  }
}
