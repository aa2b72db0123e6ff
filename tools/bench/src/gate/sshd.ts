import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";

/** Debian's sshd on loopback, for this user alone. */
export interface Sshd extends AsyncDisposable {
  /** Of a repository by its path. */
  url(path: string): string;
  readonly identityFile: string;
  readonly knownHostKey: string;
  /** For a git that pushes to it by itself. */
  readonly command: string;
}

/** @param folder of the benchmark's own */
export async function startSshd(folder: string): Promise<Sshd> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [hostKey, identityFile, config] = [join(folder, "host"), join(folder, "key"), join(folder, "sshd_config")];
  for (const file of [hostKey, identityFile]) await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  const port = await freePort();
  const user = userInfo().username;
  // With that bash does not read what its user wants of a terminal before each command (bash(1), "Invocation"), as no git server does.
  await writeFile(config, [
    `Port ${port}`, "ListenAddress 127.0.0.1", `HostKey ${hostKey}`, `AuthorizedKeysFile ${identityFile}.pub`, "PasswordAuthentication no", "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password", "UsePAM no", "StrictModes no", "PidFile none", "SetEnv SHLVL=2", "LogLevel ERROR", "",
  ].join("\n"));
  // Where it separates privileges; only a package's service makes it.
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 }).catch(() => {});
  const server = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", config], { stdio: "ignore" });
  for (let tries = 0; !await isOpen(port); tries += 1) {
    if (tries > 100 || server.exitCode !== null) throw new Error("bench: sshd did not start.");
    await setTimeout(50);
  }
  const knownHostKey = (await readFile(`${hostKey}.pub`, "utf8")).split(" ").slice(0, 2).join(" ").trim();
  await writeFile(join(folder, "known_hosts"), `[127.0.0.1]:${port} ${knownHostKey}\n`);
  return {
    identityFile, knownHostKey, url: (path) => `ssh://${user}@127.0.0.1:${port}${path}`,
    command: `ssh -F /dev/null -i ${identityFile} -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=${join(folder, "known_hosts")}`,
    async [Symbol.asyncDispose]() {
      if (server.exitCode !== null) return;
      const ended = once(server, "close");
      server.kill("SIGTERM");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  const isConnected = await once(socket, "connect").then(() => true, () => false);
  socket.destroy();
  return isConnected;
}
