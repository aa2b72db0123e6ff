import { secure } from "../dial.ts";
import { mutate } from "../mutate.ts";
import { credential, hosts, knownValue } from "../names.ts";
import type { Random } from "../random.ts";
import { speak } from "../speak.ts";
import { type Kind, nothing } from "./kind.ts";

const upgrade = `GET / HTTP/1.1\r\nHost: ${hosts.socket}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
const tokens = [[0x81, 0xfe, 0xff, 0xff], [0x81, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], [0x88, 0x80, 0, 0, 0, 0], [0x89, 0x80, 1, 2, 3, 4], [0xc1,
  0x81], [0x00, 0x80, 0, 0, 0, 0]].map((bytes) => Buffer.from(bytes));

/** One frame (RFC 6455 5.2); a client's is masked. */
function frameOf(random: Random, payload: Buffer, isMasked: boolean): Buffer {
  const first = random.pick([0x81, 0x81, 0x82, 0x01, 0x80, 0x00, 0x88, 0x89, 0x8a, 0x83, 0xc1]);
  const { length } = payload;
  const size = length < 126 ? [length] : [126, length >> 8, length & 255];
  if (!isMasked) return Buffer.concat([Buffer.from([first, ...size]), payload]);
  const mask = random.bytes(4);
  return Buffer.concat([Buffer.from([first, (size[0] ?? 0) | 0x80, ...size.slice(1)]), mask, payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}

function framesOf(random: Random, isMasked: boolean, texts: readonly [string, ...string[]]): Buffer {
  return Buffer.concat(Array.from({ length: 1 + random.below(5) }, () => frameOf(random, Buffer.from(random.pick(texts)), isMasked)));
}

// A length is no text: what begins in a frame's head is not a value that the frame carries.
function payloadsIn(heard: Buffer): Buffer {
  const start = heard.indexOf("\r\n\r\n") + 4;
  const parts = [heard.subarray(0, start)];
  for (let at = start; at + 2 <= heard.length;) {
    const short = (heard[at + 1] ?? 0) & 0x7f;
    const from = at + 2 + (short === 127 ? 8 : short === 126 ? 2 : 0);
    if (from > heard.length) break;
    const length = short === 127 ? Number(heard.readBigUInt64BE(at + 2)) : short === 126 ? heard.readUInt16BE(at + 2) : short;
    parts.push(heard.subarray(from, from + length), Buffer.from("\n"));
    at = from + length;
  }
  return Buffer.concat(parts);
}

/** WebSocket frames both ways. */
export const messages: Kind = async ({ world, random }) => {
  const socket = await secure(world, hosts.socket);
  if (socket === undefined) return nothing;
  world.recorder.frames = mutate(framesOf(random, false, ["hello", credential, `<${credential}>`, "x".repeat(300)]), { random, tokens });
  const sent = mutate(framesOf(random, true, ["", "hello", knownValue, `{"a":"${knownValue}"}`, "x".repeat(300)]), { random, tokens });
  return payloadsIn(await speak(socket, Buffer.concat([Buffer.from(upgrade), sent]), random));
};
