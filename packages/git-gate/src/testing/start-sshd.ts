import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A real sshd on loopback, with keys of its own. */
export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  /** A key that it lets in. */
  readonly identityFile: string;
  /** Its own, as `knownHostKey` takes it. */
  readonly hostKey: string;
}

/** Starts Debian's openssh-server for this user alone. @param folder of the test's own @param listenOn an address of this machine; loopback if absent */
export async function startSshd(folder: string, listenOn: string = "127.0.0.1"): Promise<Sshd> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [hostKeyFile, identityFile] = [join(folder, "host_key"), join(folder, "client_key")];
  for (const file of [hostKeyFile, identityFile]) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  await writeFile(join(folder, "authorized_keys"), await readFile(`${identityFile}.pub`), { mode: 0o600 });
  const port = await freePort(listenOn);
  const user = userInfo().username;
  await writeFile(join(folder, "sshd_config"), [
    `Port ${port}`, `ListenAddress ${listenOn}`, `HostKey ${hostKeyFile}`, `AuthorizedKeysFile ${join(folder, "authorized_keys")}`, `AllowUsers ${user}`,
    "PubkeyAuthentication yes", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password", "UsePAM no", "StrictModes no",
    // Else bash reads what its user wants of a terminal before each command (bash(1), "Invocation").
    "SetEnv SHLVL=2", `PidFile ${join(folder, "sshd.pid")}`, "LogLevel ERROR", "MaxStartups 100", "",
  ].join("\n"));
  // Where it separates privileges; only a package's service makes it.
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 }).catch(() => {});
  await chmod(identityFile, 0o600);
  const server = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(folder, "sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  server.stderr.on("data", (chunk: Buffer) => void (complaint += chunk.toString()));
  for (let tries = 0; !await isOpen(listenOn, port); tries += 1) {
    if (tries > 100 || server.exitCode !== null) throw new Error(`sshd did not start: ${complaint}`);
    await delay(50);
  }
  const [type = "", key = ""] = (await readFile(`${hostKeyFile}.pub`, "utf8")).split(" ");
  return {
    port, user, identityFile, hostKey: `${type} ${key.trim()}`,
    async [Symbol.asyncDispose]() {
      if (server.exitCode !== null) return;
      // Each connection that somebody keeps has a process of its own.
      const connections = (await readFile(`/proc/${server.pid}/task/${server.pid}/children`, "utf8")).split(" ").filter((pid) => pid !== "");
      const ended = once(server, "close");
      server.kill("SIGTERM");
      for (const pid of connections) kill(Number(pid));
      await ended;
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function isOpen(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  const isConnected = await once(socket, "connect").then(() => true, () => false);
  socket.destroy();
  return isConnected;
}
