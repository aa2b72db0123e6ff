import { dial } from "../dial.ts";
import { mutate } from "../mutate.ts";
import { hosts } from "../names.ts";
import { speak } from "../speak.ts";
import { request, textTokens } from "../traffic.ts";
import type { Kind } from "./kind.ts";

/** Requests and CONNECTs to the proxy itself. */
export const heads: Kind = async ({ world, random }) => {
  const host = random.pick([hosts.plain, hosts.plain, hosts.evil, "_egress.local"]);
  const whole = random.chance(0.3)
    ? Buffer.from(`CONNECT ${random.pick([`${hosts.plain}:80`, `${hosts.allowed}:443`, `${hosts.evil}:443`, "127.0.0.1:22", "[::1]:443", "/", "a:b@c:1"])} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    : request(random, { host, prefix: random.chance(0.8) ? `http://${host}` : "" });
  const second = random.chance(0.2) ? request(random, { host, prefix: `http://${host}` }) : Buffer.alloc(0);
  return speak(await dial(world), mutate(Buffer.concat([whole, second]), { random, tokens: textTokens }), random);
};
