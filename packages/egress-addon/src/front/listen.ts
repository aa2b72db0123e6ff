import { once } from "node:events";
import type { Server } from "node:http";
import { chmod, lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { EgressError } from "../errors.ts";
import type { ListenAddress } from "../options.ts";

/** Linux's sockaddr_un holds 108 bytes, the last of them a NUL. */
const longestPath = 107;

/**
 * Listens on an address and answers it with its port filled in. A Unix socket is 0600; a socket file left by a process that is
 * gone is replaced.
 * @throws EgressError `listen-failed`
 */
export async function listen(server: Server, address: ListenAddress): Promise<ListenAddress> {
  try {
    server.listen("unix" in address ? { path: await freePath(address.unix) } : { host: address.host, port: address.port });
    await once(server, "listening");
    if ("unix" in address) await chmod(address.unix, 0o600);
  } catch (cause) {
    server.close();
    if (cause instanceof EgressError) throw cause;
    throw new EgressError("listen-failed", `The egress proxy could not listen on ${describe(address)}: ${codeOf(cause)}.`, { cause });
  }
  // Errors after this are of single connections, for example no file descriptor left to accept one.
  server.on("error", () => {});
  const bound = server.address();
  return bound === null || typeof bound === "string" || "unix" in address ? address : { host: address.host, port: bound.port };
}

async function freePath(path: string): Promise<string> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new EgressError("listen-failed", `The socket path ${path} is longer than ${longestPath} bytes. Use a shorter directory.`);
  }
  const isSocket = await lstat(path).then((entry) => entry.isSocket(), () => false);
  if (isSocket && !await answers(path)) await rm(path, { force: true });
  return path;
}

async function answers(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function describe(address: ListenAddress): string {
  return "unix" in address ? address.unix : `${address.host}:${address.port}`;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
}
