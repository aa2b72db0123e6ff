import { setTimeout as sleep } from "node:timers/promises";
import { parseAuthority } from "@bottle/way-out";
import { decide } from "../policy/decide.ts";
import { secure } from "./dial.ts";
import { credential, hosts, knownValue } from "./names.ts";
import type { Arrived } from "./recording-upstream.ts";
import { readHead } from "./speak.ts";
import type { World } from "./world.ts";

const patienceMs = 10_000;

/** What does not hold after some inputs, though it must after any: a sentence for each. */
export async function check(world: World): Promise<readonly string[]> {
  const { recorder, hop } = world;
  const wrong = recorder.arrived.splice(0).flatMap((request) => faultsOf(world, request));
  wrong.push(...recorder.malformed.splice(0).map((code) => `An upstream was sent what its parser refuses: ${code}.`));
  if (hop.heads.splice(0).some((head) => head.includes(credential))) wrong.push("The further proxy was sent the credential.");
  if (world.proxy.stats().frozen || world.hopping.stats().frozen) wrong.push("A proxy froze.");
  if (!await isAnswering(world)) wrong.push("An allowed request got no answer.");
  if (!await isEmpty(world)) wrong.push(`Connections are left: ${JSON.stringify([world.proxy.stats(), world.hopping.stats()])}, of ${world.clients.size} clients.`);
  recorder.arrived.splice(0);
  return wrong;
}

/** Whether a client was shown the credential, in one piece or over chunks. */
export function showsCredential(heard: Buffer): boolean {
  const text = heard.toString("latin1");
  return text.includes(credential) || joinChunks(text).includes(credential);
}

// Answers one after the other, by their lengths (RFC 9112 6.3 and 7.1): content may itself look like answers and the borders of chunks.
function joinChunks(text: string): string {
  let content = "";
  for (let at = 0; text.startsWith("HTTP/1.1 ", at);) {
    const end = text.indexOf("\r\n\r\n", at);
    if (end === -1) return content;
    const head = text.slice(at, end);
    at = end + 4;
    // It lasts to the connection's end.
    if (/\r\nconnection: *close/i.test(head) && !/\r\n(?:transfer-encoding|content-length):/i.test(head)) return content;
    // One to HEAD has no content, whatever its head says.
    if (text.startsWith("HTTP/1.1 ", at)) continue;
    if (!/\r\ntransfer-encoding: *chunked/i.test(head)) at += Number(/\r\ncontent-length: *([0-9]+)/i.exec(head)?.[1] ?? 0);
    else for (let size = sizeAt(text, at); ; size = sizeAt(text, at)) {
      const start = at + (size?.line.length ?? 0);
      at = start + (size?.bytes ?? 0) + 2;
      if (size === undefined || size.bytes === 0) break;
      content += text.slice(start, start + size.bytes);
    }
  }
  return content;
}

function sizeAt(text: string, at: number): { readonly line: string; readonly bytes: number } | undefined {
  const [line, size = ""] = /^([0-9a-f]{1,7})\r\n/i.exec(text.slice(at, at + 9)) ?? [];
  return line === undefined ? undefined : { line, bytes: Number.parseInt(size, 16) };
}

function faultsOf({ policy }: World, request: Arrived): readonly string[] {
  const { method, path, secure: isSecure, websocket } = request;
  const authority = parseAuthority(request.host, isSecure ? 443 : 80);
  const name = `${method} ${request.host} ${path}`;
  const decision = authority && decide(policy, { ...authority, method, path, secure: isSecure, websocket });
  const text = request.text();
  return [
    ...(decision?.decision === "allow" ? [] : [`An upstream was sent what is denied: ${name}.`]),
    ...(text.includes(knownValue) ? [`An upstream was sent a known secret: ${name}.`] : []),
    ...(authority?.host === hosts.plain && text.includes(credential) ? [`A host without a credential was sent one: ${name}.`] : []),
  ];
}

async function isAnswering(world: World): Promise<boolean> {
  const socket = await secure(world, hosts.allowed);
  socket?.write(`GET /ok/alive HTTP/1.1\r\nHost: ${hosts.allowed}\r\n\r\n`);
  const head = socket && await readHead(socket, patienceMs);
  socket?.destroy();
  return head?.startsWith("HTTP/1.1 200 ") === true;
}

async function isEmpty({ proxy, hopping }: World): Promise<boolean> {
  const open = (): number => [proxy, hopping].reduce((sum, one) => sum + one.stats().connections + one.stats().active, 0);
  for (let waitedMs = 0; open() > 0 && waitedMs < patienceMs; waitedMs += 10) await sleep(10);
  return open() === 0;
}
