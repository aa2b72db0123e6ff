import { secure, tunnel } from "../dial.ts";
import { mutate } from "../mutate.ts";
import { hosts } from "../names.ts";
import { speak } from "../speak.ts";
import { request, textTokens } from "../traffic.ts";
import { type Kind, nothing } from "./kind.ts";

/** Requests in a tunnel: with TLS to the host with a credential, without to the other. */
export const requests: Kind = async ({ world, random }) => {
  const isSecure = random.chance(0.7);
  const host = isSecure ? hosts.allowed : hosts.plain;
  const socket = isSecure ? await secure(world, host) : await tunnel(world, `${host}:80`);
  if (socket === undefined) return nothing;
  const several = Array.from({ length: 1 + random.below(3) }, () => request(random, { host }));
  return speak(socket, mutate(Buffer.concat(several), { random, tokens: textTokens }), random);
};
