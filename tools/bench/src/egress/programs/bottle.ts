import { join } from "node:path";
import { startEgressProxy } from "@bottle/egress-addon";
import { readConfig, sayReady } from "./ready.ts";

const { upstreamPort, upstreamCa, hosts, token, directory, dlp = "block" } = readConfig();
const others = Array.from({ length: 50 }, (_, index) => ({ host: `api${index}.example.com`, methods: ["GET", "POST"], paths: ["/v1/**"], dlp }));
const proxy = await startEgressProxy({
  listen: { host: "127.0.0.1", port: 0 },
  caDirectory: join(directory, "ca"),
  policy: { routes: [...others, { host: "*.bench.test", methods: ["GET", "POST"], paths: ["/**"], auth: { scheme: "bearer", tokenRef: "BENCH_TOKEN" }, dlp }] },
  tokens: (tokenRef) => (tokenRef === "BENCH_TOKEN" ? token : undefined),
  hosts: Object.fromEntries(hosts.map((host) => [host, `127.0.0.1:${upstreamPort}`])),
  upstreamCas: [upstreamCa],
  maxConnections: 30_000,
});
sayReady({ port: "port" in proxy.address ? proxy.address.port : 0, ca: proxy.caCertificate });
