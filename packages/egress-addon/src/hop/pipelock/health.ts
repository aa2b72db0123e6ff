import { setTimeout as sleep } from "node:timers/promises";
import type { HostPort } from "@bottle/way-out";
import { request as httpRequest } from "../../node-http.ts";

/** Whether the pipelock at an address says by `/health` that it runs in strict mode; asked again and again until it does or the signal comes. */
export async function isHealthy(at: HostPort, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await ask(at, signal).catch(() => undefined) === "strict") return true;
    await sleep(50, undefined, { signal }).catch(() => {});
  }
  return false;
}

async function ask({ host, port }: HostPort, signal: AbortSignal): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const request = httpRequest({ host, port, path: "/health", agent: false, signal }, (response) => {
    let body = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      body = (body + chunk).slice(0, 64 * 1024);
    }).on("end", () => resolve(response.statusCode === 200 ? modeOf(body) : undefined)).on("error", reject);
  });
  request.on("error", reject).end();
  return promise;
}

function modeOf(body: string): unknown {
  const health: unknown = JSON.parse(body);
  return typeof health === "object" && health !== null && "mode" in health ? health.mode : undefined;
}
