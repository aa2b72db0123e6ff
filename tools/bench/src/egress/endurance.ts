import type { TLSSocket } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";
import { connectTo } from "./client/connect.ts";
import { createExchanger } from "./client/exchange.ts";
import { load } from "./client/load.ts";
import type { Contender } from "./contenders.ts";
import { mostFiles, openFiles, residentMib } from "./process.ts";

const requests = 1_000_000;
const parts = 4;
const idle = 20_000;
const atOnce = 32;
const restMs = 5000;
// What this process has open besides.
const sparedFiles = 200;

/** Resident memory of one contender over a million requests, a line for people. */
export async function aMillionRequests(contender: Contender, host: string): Promise<string> {
  const { pid = 0, way } = contender;
  const once = { way, host, folder: "/1k/", connections: atOnce, bodyBytes: 1000 };
  await load({ ...once, requests: requests / 100 });
  const sizes = [await residentMib(pid)];
  let errors = 0;
  for (let part = 0; part < parts; part += 1) {
    errors += (await load({ ...once, requests: requests / parts })).errors;
    sizes.push(await residentMib(pid));
  }
  return `${contender.name}: ${requests} requests, RSS ${sizes.map((size) => size.toFixed(0)).join(" → ")} MiB (at the start and after each quarter), ${errors} errors`;
}

/** Resident memory of one contender with 20 000 idle connections, or as many as this process may open; a line for people. */
export async function idleConnections(contender: Contender, host: string): Promise<string> {
  const { pid = 0, way } = contender;
  const wanted = Math.min(idle, await mostFiles() - sparedFiles);
  const [mibBefore, filesBefore] = [await residentMib(pid), await openFiles(pid)];
  const sockets: TLSSocket[] = [];
  let errors = 0;
  const open = async (): Promise<void> => {
    for (let left = wanted / atOnce; left > 0; left -= 1) {
      try {
        const socket = await connectTo(way, host);
        sockets.push(socket);
        await createExchanger(socket).ask(`GET /1k/${sockets.length} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      } catch {
        errors += 1;
      }
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: atOnce }, open));
  const seconds = (performance.now() - began) / 1000;
  const [mib, files] = [await residentMib(pid), await openFiles(pid)];
  for (const socket of sockets) socket.destroy();
  await delay(restMs);
  const mibAfter = await residentMib(pid);
  const { errors: errorsAfter } = await load({ way, host, folder: "/1k/", connections: atOnce, bodyBytes: 1000, requests: 1000 });
  const perConnection = (mib - mibBefore) * 1024 / (files - filesBefore);
  return `${contender.name}: ${files - filesBefore} idle connections open at once after ${seconds.toFixed(0)} s, each with an answered request, RSS ${mibBefore.toFixed(0)} → ${mib.toFixed(0)} MiB`
    + ` (${perConnection.toFixed(0)} KiB each), ${mibAfter.toFixed(0)} MiB once they are closed, ${errors} errors, then 1000 requests with ${errorsAfter} errors`;
}
