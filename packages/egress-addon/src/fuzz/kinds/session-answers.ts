import { block, flags, frame, frameTypes } from "../../testing/wire.ts";
import { secure } from "../dial.ts";
import { cut, mutate } from "../mutate.ts";
import { credential, scripted } from "../names.ts";
import type { Random } from "../random.ts";
import { speak } from "../speak.ts";
import { type Kind, nothing } from "./kind.ts";

type Field = readonly [string, string];

const extra: readonly [Field, ...Field[]] = [
  ["content-type", "application/grpc"], ["content-type", "text/event-stream"], ["x-seen", credential], ["content-length", "3"], ["connection", "close"],
    ["transfer-encoding", "chunked"], ["x-a", "b\r\nX-B: c"], ["X-Upper", "a"],
  [":status", "200"], [":path", "/"], ["content-encoding", "gzip"], ["trailer", "x-t"], ["", ""], ["set-cookie", "a=b"], ["set-cookie", "c=d"],
];

function part(random: Random, stream: number): Buffer {
  const end = random.chance(0.3) ? flags.endStream : 0;
  const text = random.pick(["", "abc", credential, credential.slice(0, 7), credential.slice(7), `\0\0\0\0${String.fromCharCode(credential.length)}${credential}`]);
  return random.pick([
    () => frame(frameTypes.headers, { stream, flags: flags.endHeaders | end, payload: block([[":status", random.pick(["200", "200", "100", "103", "101",
      "204", "304", "999", "x", ""])], ...Array.from({ length: random.below(4) }, () => random.pick(extra))]) }),
    () => frame(frameTypes.data, { stream, flags: end, payload: Buffer.from(text, "latin1") }),
    () => frame(frameTypes.data, { stream, flags: end, payload: Buffer.from(text, "latin1") }),
    () => frame(frameTypes.headers, { stream, flags: flags.endHeaders | flags.endStream, payload: block([["x-t", text.replaceAll("\0", "")], ["grpc-status", "0"]]) }),
    () => frame(frameTypes.continuation, { stream, flags: flags.endHeaders, payload: block([["x-c", "d"]]) }),
    () => frame(frameTypes.reset, { stream, payload: Buffer.from([0, 0, 0, random.below(16)]) }),
    () => frame(frameTypes.goaway, { payload: Buffer.concat([Buffer.from([0, 0, 0, random.below(4), 0, 0, 0, random.below(14)])]) }),
    () => frame(frameTypes.settings, { payload: Buffer.from([0, random.below(10), 0, 0, random.below(256), random.below(256)]) }),
    () => frame(frameTypes.window, { stream: random.pick([0, stream]), payload: Buffer.from([0, 0, 0, random.below(2)]) }),
    () => frame(frameTypes.ping, { payload: random.bytes(8) }),
    () => frame(5, { stream, flags: flags.endHeaders, payload: Buffer.concat([Buffer.from([0, 0, 0, 2]), block([[":method", "GET"], [":path", "/"]])]) }),
    () => frame(random.below(16), { stream: random.below(8), flags: random.below(256), payload: random.bytes(random.below(20)) }),
  ])();
}

/** What an upstream of HTTP/2 says, to requests that are as they should be, in either version. */
export const sessionAnswers: Kind = async ({ world, random, lane }) => {
  const host = scripted.sessions(lane);
  const stream = random.pick([1, 1, 1, 3, 5]);
  const frames = Buffer.concat([frame(frameTypes.settings), frame(frameTypes.settings, { flags: flags.ack }),
    ...Array.from({ length: 1 + random.below(6) }, () => part(random, stream))]);
  world.scripts.set(host, { parts: cut(mutate(frames, { random, tokens: [Buffer.alloc(9), Buffer.from([0xff, 0xff, 0xff])], most: 1 }), random),
    ending: random.pick(["end", "reset", "stay", "stay"]) });
  const socket = await secure(world, host);
  if (socket === undefined) return nothing;
  return speak(socket, Buffer.from(random.pick([`GET / HTTP/1.1\r\nHost: ${host}\r\nTE: trailers\r\n\r\n`,
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 3\r\n\r\nabc`])), random);
};
