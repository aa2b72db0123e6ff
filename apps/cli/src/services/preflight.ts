import type { BottlePlan } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { styleOf } from "../output/style.ts";
import { visible } from "../output/visible.ts";
import { asksLines } from "./asks-lines.ts";
import { describeLimits } from "./describe-limits.ts";

const noCommitter = "nobody: git inside asks for a name until `git_identity` or your own git config gives one";

/** What is about to happen, for a person to agree to. */
export function preflight(context: Context, plan: BottlePlan, more: { readonly installs: readonly string[]; readonly unscanned: readonly string[] }): string {
  const style = styleOf(context);
  const row = (name: string, values: readonly string[]): readonly string[] => values.map((value, index) => `  ${(index === 0 ? name : "").padEnd(11)}${visible(value)}`);
  const { source, mode } = plan.workspace;
  const { runtime } = plan.detail;
  const limits = describeLimits(plan.limits);
  return [
    style.bold(`${plan.agent} in bottle ${plan.bottle}, as ${plan.identity}`),
    ...row("isolation", [`${plan.isolation}, by ${plan.backend}${typeof runtime === "string" ? ` with ${runtime}` : ""}`]),
    ...row("workspace", [source === undefined ? "none" : mode === "copy" ? `a copy of ${source}` : `${source} itself: the agent writes to it`]),
    ...row("may reach", plan.routes.length === 0 ? ["nothing"] : plan.routes),
    ...row("may ask", asksLines(plan)),
    ...row("tokens", plan.credentials),
    ...row("git", plan.remotes),
    ...row("commits as", plan.remotes.length === 0 ? [] : [plan.commitsAs ?? noCommitter]),
    ...row("unscanned", more.unscanned),
    ...row("variables", plan.secretEnvNames.length === 0 ? [] : [`${plan.secretEnvNames.join(", ")} (their values go inside)`]),
    ...row("limits", limits.length === 0 ? [] : [limits.join(", ")]),
    ...row("installs", more.installs),
    ...row("mind", plan.caveats),
  ].join("\n");
}
