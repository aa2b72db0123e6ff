import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A real tinyproxy (Debian's) on loopback that asks for Basic authorisation. */
export async function startTinyproxy(folder: string, login: { readonly username: string; readonly password: string }): Promise<AsyncDisposable & { readonly port: number }> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const config = join(folder, "tinyproxy.conf");
  await writeFile(config, `Port ${port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nLogLevel Critical\nBasicAuth ${login.username} ${login.password}\n`);
  const child = spawn("tinyproxy", ["-d", "-c", config], { stdio: "ignore" });
  const ended = once(child, "close");
  for (let tries = 0; tries < 100 && !await answers(port); tries += 1) await delay(50);
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  return once(socket, "connect").then(() => true, () => false).finally(() => socket.destroy());
}
