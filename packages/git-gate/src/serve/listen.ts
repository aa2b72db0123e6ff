import { once } from "node:events";
import { chmod, lstat, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { connect } from "node:net";
import { GateError } from "../errors.ts";
import type { GitGateOptions } from "../options.ts";

type Address = GitGateOptions["listen"];

/**
 * Listens on an address and answers it with its port filled in. A Unix socket is 0600; one left by a process that is gone is replaced.
 * @throws GateError `listen-failed`
 */
export async function listen(server: Server, address: Address): Promise<Address> {
  try {
    if ("unix" in address && await isLeft(address.unix)) await rm(address.unix, { force: true });
    server.listen("unix" in address ? address.unix : { host: address.host, port: address.port });
    await once(server, "listening");
    if ("unix" in address) await chmod(address.unix, 0o600);
  } catch (cause) {
    server.close();
    throw new GateError("listen-failed", `The git gate cannot listen on ${"unix" in address ? address.unix : `${address.host}:${address.port}`}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const bound = server.address();
  return "unix" in address || bound === null || typeof bound === "string" ? address : { host: address.host, port: bound.port };
}

async function isLeft(path: string): Promise<boolean> {
  if (!await lstat(path).then((entry) => entry.isSocket(), () => false)) return false;
  const socket = connect({ path });
  return once(socket, "connect").then(() => false, () => true).finally(() => socket.destroy());
}
