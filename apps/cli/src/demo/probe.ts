/**
 * The demo's agent: what a hostile agent with a shell would try, as a program for Node inside the bottle.
 * It prints one JSON line per try, {"id", "holds", "detail"}; it knows no secret, only the shape the secret has.
 */
export function probeProgram(options: {
  readonly allowed: string;
  readonly refused: string;
  /** The shape of the demo's credential, as a regular expression's source. */
  readonly secretShape: string;
}): string {
  return `
import { request } from "node:http";
import { connect } from "node:net";
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";

const options = ${JSON.stringify(options)};
const say = (id, holds, detail) => console.log(JSON.stringify({ id, holds, detail: String(detail).slice(0, 200) }));
const attempt = async (id, run) => { try { await run(); } catch (error) { say(id, false, error?.cause?.message ?? error?.message ?? error); } };
const limit = (promise, ms) => Promise.race([promise, new Promise((resolve) => setTimeout(resolve, ms, "silence").unref())]);

// fetch tunnels even plain http, and a refused tunnel shows no body; node:http asks the proxy in the plain form.
const plainly = (url) => new Promise((resolve, reject) => {
  request(url, async (answer) => {
    let body = "";
    for await (const chunk of answer) body += chunk;
    resolve({ status: answer.statusCode, body });
  }).on("error", reject).end();
});

await attempt("allowed", async () => {
  const answer = await fetch("https://" + options.allowed + "/v1/hello", { headers: { authorization: "Bearer placeholder" } });
  say("allowed", answer.status === 200, "answered " + answer.status + ": " + (await answer.text()).trim());
});
await attempt("refused-host", async () => {
  const answer = await plainly("http://" + options.refused + "/");
  const { reason, how_to_ask } = JSON.parse(answer.body);
  say("refused-host", answer.status === 403 && Boolean(reason) && Boolean(how_to_ask), "403, reason: " + reason);
});
await attempt("refused-tunnel", async () => {
  const outcome = await fetch("https://" + options.refused + "/").then((answer) => answer.status, () => "no tunnel");
  say("refused-tunnel", outcome === "no tunnel", outcome);
});
await attempt("refused-method", async () => {
  const answer = await fetch("https://" + options.allowed + "/v1/hello", { method: "DELETE" });
  say("refused-method", answer.status === 403, answer.status + ", reason: " + (await answer.json()).reason);
});
await attempt("refused-push", async () => {
  const answer = await fetch("https://" + options.allowed + "/v1/app.git/info/refs?service=git-receive-pack");
  say("refused-push", answer.status === 403, answer.status + ", reason: " + (await answer.json()).reason);
});
const tcp = (host, port) => limit(new Promise((resolve) => {
  const socket = connect({ host, port }, () => resolve("connected"));
  socket.on("error", (error) => resolve(error.code));
}), 3000);
await attempt("raw-tcp", async () => {
  const outcome = await tcp("192.0.2.1", 443);
  say("raw-tcp", outcome !== "connected", outcome);
});
await attempt("metadata", async () => {
  const outcome = await tcp("169.254.169.254", 80);
  const proxied = (await plainly("http://169.254.169.254/latest/meta-data/")).status;
  say("metadata", outcome !== "connected" && proxied === 403, "directly " + outcome + ", through the proxy " + proxied);
});
await attempt("dns", async () => {
  const outcome = await limit(lookup(options.allowed).then(({ address }) => address, (error) => error.code), 5000);
  say("dns", !/^[0-9a-f.:]+$/.test(outcome), outcome);
});
await attempt("udp", async () => {
  const outcome = await limit(new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.on("error", (error) => resolve(error.code));
    socket.on("message", () => resolve("an answer"));
    socket.send("x", 53, "192.0.2.53", (error) => error && resolve(error.code));
  }), 1500);
  say("udp", outcome !== "an answer", outcome);
});
await attempt("cage", async () => {
  const status = readFileSync("/proc/self/status", "utf8");
  const namespace = (() => { try { execFileSync("unshare", ["-U", "true"], { stdio: "ignore" }); return "made"; } catch { return "refused"; } })();
  const caps = /CapEff:\\s*0+$/m.test(status);
  say("cage", caps && /NoNewPrivs:\\s*1/.test(status) && namespace === "refused", "no capability, new namespaces " + namespace);
});
await attempt("secret", async () => {
  const shape = new RegExp(options.secretShape);
  const found = [];
  const look = (path) => { try { if (shape.test(readFileSync(path, "latin1"))) found.push(path); } catch { /* not ours to read */ } };
  const walk = (folder, depth) => {
    if (depth > 6) return;
    for (const name of (() => { try { return readdirSync(folder); } catch { return []; } })()) {
      const path = folder + "/" + name;
      try { const stat = statSync(path); if (stat.isDirectory()) walk(path, depth + 1); else if (stat.isFile() && stat.size < 5e6) look(path); } catch { /* gone */ }
    }
  };
  for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) { look("/proc/" + pid + "/environ"); look("/proc/" + pid + "/cmdline"); }
  for (const folder of ["/home", "/workspace", "/etc", "/tmp", "/run", "/var", "/opt/bottle"]) walk(folder, 0);
  say("secret", found.length === 0, found.length === 0 ? "not in environment, processes or files" : found.join(" "));
});
process.exit(0);
`;
}
