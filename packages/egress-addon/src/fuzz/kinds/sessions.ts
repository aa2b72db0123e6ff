import { block, flags, frame, frameTypes, preface } from "../../testing/wire.ts";
import { secure } from "../dial.ts";
import { mutate } from "../mutate.ts";
import { hosts, knownValue } from "../names.ts";
import type { Random } from "../random.ts";
import { speak } from "../speak.ts";
import { type Kind, nothing } from "./kind.ts";

type Field = readonly [string, string];

const odd: readonly [Field, ...Field[]] = [
  ["x-a", "b\r\nHost: evil.fuzz.test"], ["x-a", `b\0`], ["transfer-encoding", "chunked"], ["content-length", "3"], ["content-length", "4"], ["connection",
    "close"], ["upgrade", "websocket"], ["host", hosts.evil], ["te", "trailers"],
  [":path", "/admin"], [":authority", hosts.evil], [":protocol", "websocket"], ["X-Upper", "a"], ["", "b"], ["x a", "b"], ["cookie", "a=b"], ["cookie",
    "c=d"], ["expect", "100-continue"], ["x-known", knownValue],
  ["content-type", "application/grpc"], ["x-http-method-override", "DELETE"], ["content-encoding", "gzip"], ["trailer", "x-t"], ["authorization", "Bearer placeholder"],
];

function head(random: Random, stream: number): Buffer {
  const fields: Field[] = [
    [":method", random.pick(["GET", "POST", "POST", "HEAD", "DELETE", "CONNECT"])], [":scheme", random.pick(["https", "https", "https", "http", ""])],
    [":authority", random.pick([hosts.allowed, hosts.allowed, hosts.allowed, hosts.evil])], [":path", random.pick(["/", "/ok/a", "/ok/a?b", "/admin",
      "/ok/%2e%2e/admin", "", "*", `/ok/${knownValue}`])],
    ...Array.from({ length: random.below(4) }, () => random.pick(odd)),
  ];
  if (random.chance(0.1)) fields.splice(random.below(fields.length), 1);
  return frame(frameTypes.headers, { stream, flags: (random.chance(0.9) ? flags.endHeaders : 0) | (random.chance(0.4) ? flags.endStream : 0), payload: block(fields) });
}

function other(random: Random, stream: number): Buffer {
  const end = random.chance(0.4) ? flags.endStream : 0;
  return random.pick([
    () => frame(frameTypes.data, { stream, flags: end, payload: Buffer.from(random.pick(["", "abc", knownValue, "0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n"])) }),
    () => frame(frameTypes.data, { stream, flags: end | 0x8, payload: Buffer.concat([Buffer.from([random.below(8)]), random.bytes(6)]) }),
    () => frame(frameTypes.headers, { stream, flags: flags.endHeaders | flags.endStream, payload: block([random.pick([["x-t", "u"], ["x-t", knownValue],
      [":path", "/admin"], ["content-length", "3"]])]) }),
    () => frame(frameTypes.continuation, { stream, flags: flags.endHeaders, payload: block([["x-c", "d"]]) }),
    () => frame(frameTypes.reset, { stream, payload: Buffer.from([0, 0, 0, random.below(16)]) }),
    () => frame(frameTypes.settings, { payload: Buffer.from([0, random.below(10), ...random.bytes(4)]) }),
    () => frame(frameTypes.settings, { flags: flags.ack }),
    () => frame(frameTypes.ping, { payload: random.bytes(8) }),
    () => frame(frameTypes.window, { stream: random.pick([0, stream]), payload: random.pick([Buffer.from([0, 0, 16, 0]), Buffer.alloc(4),
      Buffer.from([0x7f, 0xff, 0xff, 0xff])]) }),
    () => frame(frameTypes.goaway, { payload: random.bytes(8) }),
    () => frame(random.below(16), { stream: random.below(8), flags: random.below(256), payload: random.bytes(random.below(20)) }),
  ])();
}

/** Frames of HTTP/2 in a tunnel. */
export const sessions: Kind = async ({ world, random }) => {
  const socket = await secure(world, hosts.allowed, { alpn: "h2" });
  if (socket === undefined) return nothing;
  const frames = Array.from({ length: 1 + random.below(6) }, (_, index) => random.chance(0.5) ? head(random, index * 2 + 1) : other(random, random.pick([1, 1, 3, 5])));
  const start = random.chance(0.95) ? preface : nothing;
  const bytes = Buffer.concat([head(random, 1), ...frames]);
  return speak(socket, Buffer.concat([start, mutate(bytes, { random, tokens: [frame(frameTypes.settings), frame(frameTypes.data, { stream: 1 }),
    Buffer.from([0xff, 0xff, 0xff]), Buffer.alloc(9)], most: 2 })]), random);
};
