import type { Door } from "./relay.ts";

// Between ssh and the relay, in a process of its own. In this file and not in one beside it, since a program that is bundled has none.
const script = `const { port, authority, login } = JSON.parse(process.env.GATE_DOOR);
const { stdin, stdout } = process;
const end = (status) => stdout.write("", () => process.exit(status));
const socket = require("node:net").connect({ host: "127.0.0.1", port, noDelay: true });
let head = "";
const read = (chunk) => {
  head += chunk.toString("latin1");
  const at = head.indexOf("\\r\\n\\r\\n");
  if (at === -1) return;
  if (!head.startsWith("HTTP/1.1 200 ")) process.exit(1);
  socket.off("data", read);
  stdout.write(Buffer.from(head.slice(at + 4), "latin1"));
  socket.pipe(stdout);
  stdin.pipe(socket);
};
socket.on("data", read).on("error", () => process.exit(1)).on("close", () => end(0));
stdin.on("end", () => process.exit(0)).on("error", () => process.exit(1));
stdout.on("error", () => process.exit(1));
socket.write("CONNECT " + authority + " HTTP/1.1\\r\\nhost: " + authority + "\\r\\nproxy-authorization: " + login + "\\r\\n\\r\\n");`;

/** What ssh runs in place of a connection (ssh_config(5), ProxyCommand); a shell reads it, and finds the rest in the environment. */
export const proxyCommand = '"$GATE_NODE" -e "$GATE_TUNNEL"';

/** What `proxyCommand` finds there. */
export function tunnelEnvironment({ port, authority, authorization: login }: Door): Readonly<Record<string, string>> {
  return { GATE_NODE: process.execPath, GATE_TUNNEL: script, GATE_DOOR: JSON.stringify({ port, authority, login }) };
}

/** What makes git go through the door over HTTPS (git-config(1), http.proxy). */
export function proxyEnvironment({ port, username, password }: Door): Readonly<Record<string, string>> {
  return { https_proxy: `http://${username}:${password}@127.0.0.1:${port}`, no_proxy: "", GIT_HTTP_PROXY_AUTHMETHOD: "basic" };
}
