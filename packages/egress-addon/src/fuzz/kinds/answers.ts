import { gzipSync } from "node:zlib";
import { secure } from "../dial.ts";
import { cut, mutate } from "../mutate.ts";
import { credential, scripted } from "../names.ts";
import type { Random } from "../random.ts";
import { speak } from "../speak.ts";
import { textTokens } from "../traffic.ts";
import { type Kind, nothing } from "./kind.ts";

const statuses = ["200 OK", "200 OK", "200", "204 No", "205 Reset", "304 Not", "100 Continue", "101 Switching Protocols", "103 Early Hints", "199 X",
  "299 X", "401 No", "500 X", "999 X", "000 X", "200 \x01"] as const;
const fields = [
  "Content-Type: text/event-stream", "Content-Type: application/json", "Content-Encoding: gzip", "Content-Encoding: identity", "Set-Cookie: a=b",
    `X-Seen: ${credential}`, "Connection: close", "Connection: X-A", "X-A: b", "X-A: b\r\n c",
  "Trailer: X-T", "Upgrade: h2c", "Keep-Alive: timeout=5", "Content-Range: bytes 0-1/2", "Location: /a", "X-A: \x00", "Refresh: 0",
    "Proxy-Authenticate: Basic", "Transfer-Encoding: gzip",
] as const;
const contents = ["", "abc", `<${credential}>`, `data: ${credential}\n\n`, credential.slice(0, 9), `${"x".repeat(5_000)}${credential}`,
  gzipSync(credential).toString("latin1"), Buffer.from(credential).toString("base64")] as const;

/** An answer of HTTP/1.1 whose parts fit together in most cases. */
function answer(random: Random): Buffer {
  const chosen = Array.from({ length: random.below(4) }, () => random.pick(fields));
  const content = random.pick(contents);
  const isChunked = random.chance(0.5);
  const at = random.below(content.length + 1);
  const parts = [content.slice(0, at), content.slice(at)].filter((part) => part !== "");
  const trailer = random.chance(0.3) ? `X-T: ${credential}\r\n` : "";
  const body = isChunked ? `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n${trailer}\r\n` : content;
  const framing = isChunked ? ["Transfer-Encoding: chunked"] : random.chance(0.8) ? [`Content-Length: ${content.length + (random.chance(0.1) ? 1 : 0)}`] : [];
  return Buffer.from([`HTTP/1.1 ${random.pick(statuses)}`, ...chosen, ...framing, "", ""].join("\r\n") + body, "latin1");
}

/** What an upstream says, to requests that are as they should be. */
export const answers: Kind = async ({ world, random, lane }) => {
  const host = scripted.answers(lane);
  const several = Array.from({ length: 1 + random.below(2) }, () => answer(random));
  world.scripts.set(host, { parts: cut(mutate(Buffer.concat(several), { random, tokens: textTokens }), random), ending: random.pick(["end", "reset", "stay"]) });
  const socket = await secure(world, host);
  if (socket === undefined) return nothing;
  const upgrade = random.chance(0.2) ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" : "";
  const method = random.pick(["GET", "GET", "HEAD", "POST"]);
  const body = method === "POST" && upgrade === "" ? "Content-Length: 3\r\n\r\nabc" : "\r\n";
  return speak(socket,
    Buffer.from(`${upgrade === "" ? method : "GET"} / HTTP/1.1\r\nHost: ${host}\r\nTE: trailers\r\n${upgrade}${upgrade === "" ? body : "\r\n"}`), random);
};
