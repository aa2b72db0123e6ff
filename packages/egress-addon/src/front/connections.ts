import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** The client connections, and which of them have nothing under way. */
export interface Connections {
  /** Raw ones only. */
  readonly sockets: ReadonlySet<Socket>;
  /** A new one. Over the limit, the one that has been idle for longest makes room; if none is idle, the new one is closed. */
  enter(socket: Socket): void;
  /** What a raw connection carries: a tunnel's decrypted side. */
  carry(inner: Duplex, outer: Duplex): void;
  /** A request, stream, tunnel or WebSocket began on a connection or on what it carries. */
  began(socket: Duplex): void;
  ended(socket: Duplex): void;
}

/** At most `limit` connections at once. */
export function createConnections(limit: number): Connections {
  const sockets = new Set<Socket>();
  // In the order in which they became idle.
  const idle = new Set<Duplex>();
  const underWay = new WeakMap<Duplex, { count: number }>();
  const carriers = new WeakMap<Duplex, Duplex>();
  const carrierOf = (socket: Duplex): Duplex => carriers.get(socket) ?? socket;

  function makeRoom(): boolean {
    if (sockets.size < limit) return true;
    const [longest] = idle;
    if (longest === undefined) return false;
    leave(longest);
    longest.destroy();
    return true;
  }

  function leave(socket: Duplex): void {
    idle.delete(socket);
    sockets.delete(socket as Socket);
  }

  return {
    sockets,
    enter(socket) {
      if (!makeRoom()) return void socket.destroy();
      sockets.add(socket);
      idle.add(socket);
      socket.once("close", () => leave(socket));
    },
    carry(inner, outer) {
      carriers.set(inner, carrierOf(outer));
    },
    began(socket) {
      const carrier = carrierOf(socket);
      const under = underWay.get(carrier);
      idle.delete(carrier);
      if (under === undefined) underWay.set(carrier, { count: 1 });
      else under.count += 1;
    },
    ended(socket) {
      const carrier = carrierOf(socket);
      const under = underWay.get(carrier);
      if (under === undefined) return;
      under.count -= 1;
      if (under.count === 0 && !carrier.destroyed) idle.add(carrier);
    },
  };
}
