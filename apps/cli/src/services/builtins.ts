import type { StatePaths } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import type { Builtin } from "../demo/demo.ts";
import { styleOf } from "../output/style.ts";

/** Names of the agents bottle brings along. */
export const builtinNames: readonly string[] = ["demo"];

/** Opens a built-in agent. */
export async function openBuiltin(context: Context, launch: { readonly identity: string; readonly paths: StatePaths }): Promise<Builtin> {
  const { openDemo } = await import("../demo/demo.ts");
  const style = styleOf(context);
  return openDemo({ ...launch, print: context.out, marks: { good: style.good("✓"), bad: style.bad("✗") } });
}
