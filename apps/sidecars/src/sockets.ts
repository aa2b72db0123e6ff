import { chmod, lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { SidecarsError } from "./errors.ts";

// struct sockaddr_un of Linux: 108 bytes with the final NUL (unix(7)).
const maxPathBytes = 107;

/**
 * Makes a path free for a Unix socket: a socket nobody answers on, left by a killed predecessor, is removed; anything
 * else stays and is an error.
 * @throws SidecarsError `path-too-long`, `start-failed`
 */
export async function freeSocketPath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new SidecarsError("path-too-long", `${path} is longer than the ${maxPathBytes} bytes a Unix socket's path can have. Set BOTTLE_HOME to a shorter path.`);
  }
  const stat = await lstat(path).catch(() => undefined);
  if (!stat) return;
  if (!stat.isSocket() || await isAnswered(path)) throw new SidecarsError("start-failed", `${path} is in use. Is this bottle running already?`);
  await rm(path, { force: true });
}

/** Only its owner may connect. */
export async function closeToOthers(path: string): Promise<void> {
  await chmod(path, 0o600);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
