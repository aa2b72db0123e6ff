// Not pipelock: a small program that keeps to what is known of pipelock v2.3 from its source, where the real one cannot be installed. It proves what
// our side does with that contract, and nothing about pipelock. Run as `pipelock-stand-in.ts run --config FILE`; STAND_IN_HOSTS leads hosts to ports.
import { createHash, createPrivateKey } from "node:crypto";
import { readFileSync, statSync, watch } from "node:fs";
import { createServer, request as httpsRequest } from "node:https";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { createSecureContext } from "node:tls";
import { createIssuer } from "../authority/leaf.ts";

// Where those ports are.
const address = process.env["STAND_IN_ADDRESS"] ?? "127.0.0.1";
if (process.argv.includes("--help")) process.exit(0);
const file = process.argv[process.argv.indexOf("--config") + 1] ?? "";
const directory = dirname(file);
const misbehaviour = process.env["STAND_IN_MISBEHAVE"] ?? "";
const ports: Readonly<Record<string, number>> = JSON.parse(process.env["STAND_IN_HOSTS"] ?? "{}");

interface Config {
  readonly hash: string;
  readonly listen: string;
  readonly allowed: readonly string[];
  readonly passthrough: readonly string[];
  readonly secrets: readonly string[];
}

function log(entry: object): void {
  process.stdout.write(`${JSON.stringify({ level: "info", time: new Date().toISOString(), ...entry })}\n`);
}

function die(words: string): never {
  process.stderr.write(`Error: ${words}\n`);
  process.exit(1);
}

function load(): Config {
  const text = readFileSync(file, "utf8");
  const scalar = (key: string): string => JSON.parse(new RegExp(`^ *${key}: (".*")$`, "m").exec(text)?.[1] ?? "\"\"");
  const list = (key: string): string[] => [...(new RegExp(`^ *${key}:\\n((?: *- ".*"\\n)*)`, "m").exec(text)?.[1] ?? "").matchAll(/- (".*")/g)].map(([, item = ""]) => JSON.parse(item));
  const key = join(directory, scalar("ca_key"));
  if ((statSync(key).mode & 0o037) !== 0) throw new Error(`tls_interception: CA key ${key} is too permissive`);
  if (!readFileSync(key, "utf8").startsWith("-----BEGIN EC PRIVATE KEY-----")) throw new Error("tls_interception: x509: failed to parse EC private key");
  const secrets = readFileSync(join(directory, scalar("secrets_file")), "utf8").split("\n").filter((line) => line !== "");
  return { hash: createHash("sha256").update(text).digest("hex"), listen: scalar("listen"), allowed: list("api_allowlist"), passthrough: list("passthrough_domains"), secrets };
}

const holds = (patterns: readonly string[], host: string, hasApex: boolean): boolean => patterns.some((pattern) =>
  pattern === host || (pattern.startsWith("*.") && (host.endsWith(pattern.slice(1)) || (hasApex && host === pattern.slice(2)))));

let config: Config;
try {
  config = load();
} catch (error) {
  die(String(error));
}

function reload(): void {
  try {
    const candidate = load();
    if (misbehaviour === "silent" || candidate.hash === config.hash) return;
    if (misbehaviour === "lies") return log({ event: "config_reload", status: "success", config_hash: config.hash });
    if (String(candidate.passthrough) !== String(config.passthrough)) {
      process.stderr.write("WARNING: config reload: tls_interception.passthrough_domains - changed\n");
      return log({ level: "error", event: "error", method: "CONFIG_RELOAD", error: "rejected: security downgrade from strict mode" });
    }
    config = candidate;
    log({ event: "config_reload", status: "success", detail: "mode=strict", config_hash: config.hash });
  } catch (error) {
    process.stderr.write(`config reload failed: ${String(error)}\n`);
  }
}

const issue = createIssuer({
  certificate: readFileSync(join(directory, "ca.pem"), "utf8"), commonName: "bottle pipelock", notAfter: new Date(Date.now() + 86_400_000),
  key: createPrivateKey({ key: readFileSync(join(directory, "ca.key")), format: "pem", type: "sec1" }),
});
const inside = createServer({ SNICallback: (name, done) => {
  const leaf = issue(name);
  done(null, createSecureContext({ cert: leaf.certificate, key: leaf.key }));
} }, scan);

function scan(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => {
    const body = Buffer.concat(chunks);
    const text = `${request.url} ${request.rawHeaders.join(" ")} ${body.toString("latin1")}`;
    if (config.secrets.some((secret) => text.includes(secret))) {
      response.writeHead(403, { "Content-Type": "text/plain; charset=utf-8" }).end("blocked: request body contains secret: Known Secret (critical)\n");
      return;
    }
    const [host = ""] = (request.headers.host ?? "").split(":");
    const up = httpsRequest({ host: address, port: ports[host], servername: host, rejectUnauthorized: false, method: request.method, path: request.url, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    up.on("error", () => response.destroy()).end(body);
  });
}

const server = createHttp((request, response) => {
  if (request.url === "/health") response.end(JSON.stringify({ status: "healthy", mode: misbehaviour === "balanced" ? "balanced" : "strict" }));
  else response.writeHead(404).end();
});
server.on("connect", (request: IncomingMessage, socket: Socket) => {
  socket.on("error", () => socket.destroy());
  const [host = ""] = (request.url ?? "").split(":");
  if (!holds(config.allowed, host, true)) return socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nCONNECT blocked: domain not in allowlist: ${host}\n`);
  socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
  if (!holds(config.passthrough, host, false)) return inside.emit("connection", socket);
  const upstream = connect({ host: address, port: ports[host] ?? 0 });
  upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
  socket.on("close", () => upstream.destroy());
  socket.pipe(upstream).pipe(socket);
});
const [host, port] = config.listen.split(":");
if (misbehaviour !== "mute") {
  server.listen(Number(port), host, () => log({ event: "startup", listen: config.listen, mode: "strict", version: "stand-in", config_hash: config.hash }));
}
process.on("SIGHUP", reload).on("SIGTERM", () => process.exit(0));
watch(directory, (_event, name) => {
  if (name === "pipelock.yaml") setTimeout(reload, 100);
});
if (misbehaviour === "crash") setTimeout(() => die("out of luck"), 500);
