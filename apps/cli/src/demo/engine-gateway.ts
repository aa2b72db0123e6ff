import { once } from "node:events";
import { createServer } from "node:net";
import { ownerLabel } from "@bottle/backend-core";
import { createDocker } from "@bottle/backend-docker/images";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";

/**
 * This machine's address that the engine's containers reach: the gateway of its default bridge. Not an address of the
 * local network, where others could come to the demo's server.
 * @throws CliError `demo-unreachable` where the engine is on another machine, or has no such bridge
 */
export async function engineGateway(context: Context, identity: string): Promise<string> {
  const docker = createDocker(context.env, ownerLabel(context.home, identity));
  const { exitCode, stdout } = await docker.run(["network", "inspect", "bridge", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}"]);
  const gateways = exitCode === 0 ? Buffer.from(stdout).toString().trim().split(" ") : [];
  const gateway = gateways[0] ?? "";
  if (gateway !== "" && await isOwn(gateway)) return gateway;
  throw new CliError("demo-unreachable", "The demo brings a server of its own, and containers of this engine cannot reach it: the engine runs on another machine, or has no default bridge.", {
    status: exitStatus.host, mend: "Try the demo with `--backend bubblewrap`, or on the engine's own machine. Agents of your own do not need that server.",
  });
}

// A bridge without containers is down, and the list of this machine's interfaces leaves it out; listening there works.
async function isOwn(address: string): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ host: address, port: 0 }), "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
