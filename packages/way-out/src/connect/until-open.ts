import { once } from "node:events";
import type { Socket } from "node:net";
import { toFailure, UpstreamFailure } from "../failure.ts";

/** Waits until a socket is connected, or its TLS is there; destroys it otherwise. @throws UpstreamFailure */
export async function untilOpen(socket: Socket, event: "connect" | "secureConnect", signal: AbortSignal): Promise<Socket> {
  try {
    await once(socket, event, { signal });
    return socket;
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw signal.aborted ? new UpstreamFailure("upstream-timeout", error) : toFailure(error);
  }
}
