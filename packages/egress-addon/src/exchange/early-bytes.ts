import type { Duplex } from "node:stream";

/** What a client sent before it may. */
export interface EarlyBytes {
  /** Gives the bytes back to the socket, which is paused then. */
  release(): void;
}

/** Held of one client; more is left to TCP. */
const mostHeldBytes = 64 * 1024;

/**
 * Reads a socket that is waited with, because one that nobody reads does not tell that the other side is gone. It is destroyed when the client ends:
 * a WebSocket's handshake knows no half-closed connection (RFC 6455 4.1).
 */
export function holdEarly(socket: Duplex): EarlyBytes {
  const held: Buffer[] = [];
  let heldBytes = 0;
  const onData = (chunk: Buffer): void => {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes >= mostHeldBytes) socket.pause();
  };
  const onEnd = (): void => void socket.destroy();
  socket.on("data", onData).once("end", onEnd);
  return {
    release() {
      socket.off("data", onData).off("end", onEnd);
      socket.pause();
      if (heldBytes > 0 && !socket.destroyed) socket.unshift(Buffer.concat(held.splice(0)));
      heldBytes = 0;
    },
  };
}
