import { secure } from "../dial.ts";
import { mutate } from "../mutate.ts";
import { scripted } from "../names.ts";
import { speak } from "../speak.ts";
import { textTokens } from "../traffic.ts";
import { type Kind, nothing } from "./kind.ts";

const heads = ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
  "HTTP/1.1 407 No\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 403 blocked: x\r\n\r\n", "HTTP/1.1 502 Bad\r\n\r\n", "HTTP/2 200\r\n\r\n",
  "HTTP/1.1 101 X\r\n\r\n", ""] as const;

/** What a further proxy says to a CONNECT. */
export const hops: Kind = async ({ world, random, lane }) => {
  const host = scripted.hop(lane);
  const head = Buffer.from(random.pick(heads));
  if (random.chance(0.1)) world.connectAnswers.delete(host);
  else world.connectAnswers.set(host, mutate(Buffer.concat([head, random.chance(0.3) ? random.bytes(30) : nothing]), { random, tokens: [...textTokens,
    Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), Buffer.alloc(17_000, "x")] }));
  const socket = await secure(world, host, { way: "hopping" });
  if (socket === undefined) return nothing;
  return speak(socket, Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`), random);
};
