import type { Backend, StatePaths } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import type { Builtin } from "../demo/demo.ts";
import { styleOf } from "../output/style.ts";

/** Names of the agents bottle brings along. */
export const builtinNames: readonly string[] = ["demo"];

/** Opens a built-in agent for a bottle on that backend. @throws CliError `demo-unreachable` */
export async function openBuiltin(context: Context, { identity, paths, backend }: { readonly identity: string; readonly paths: StatePaths; readonly backend: Backend }): Promise<Builtin> {
  const { openDemo } = await import("../demo/demo.ts");
  const style = styleOf(context);
  const listenOn = backend.name === "docker" ? await (await import("../demo/engine-gateway.ts")).engineGateway(context, identity) : "127.0.0.1";
  return openDemo({
    identity, paths, listenOn, print: context.out, marks: { good: style.good("✓"), bad: style.bad("✗") },
    refresh: () => backend.refresh(identity, "everything"),
  });
}
