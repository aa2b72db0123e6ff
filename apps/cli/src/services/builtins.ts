import { BottleError, type Backend, type StatePaths } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import type { Builtin } from "../demo/demo.ts";
import { styleOf } from "../output/style.ts";

/** Names of the agents bottle brings along. */
export const builtinNames: readonly string[] = ["demo"];

/** Opens a built-in agent for a bottle on that backend. @throws CliError `demo-unreachable`; BottleError `backend-unavailable` */
export async function openBuiltin(context: Context, { identity, paths, backend }: { readonly identity: string; readonly paths: StatePaths; readonly backend: Backend }): Promise<Builtin> {
  const { openDemo } = await import("../demo/demo.ts");
  const style = styleOf(context);
  const listenOn = backend.name === "docker" ? await gatewayOf(context, { identity, backend }) : "127.0.0.1";
  return openDemo({
    identity, paths, listenOn, print: context.out, marks: { good: style.good("✓"), bad: style.bad("✗") },
    refresh: () => backend.refresh(identity, "everything"),
  });
}

async function gatewayOf(context: Context, { identity, backend }: { readonly identity: string; readonly backend: Backend }): Promise<string> {
  const { engineGateway } = await import("../demo/engine-gateway.ts");
  try {
    return await engineGateway(context, identity);
  } catch (error) {
    // An engine that is not there has no bridge either.
    const engine = await backend.availability();
    if (engine.available) throw error;
    throw new BottleError("backend-unavailable", `docker cannot run here: ${engine.reason}`, { mend: engine.mend, cause: error });
  }
}
