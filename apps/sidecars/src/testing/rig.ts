import { createHash } from "node:crypto";
import { request } from "node:http";
import { join } from "node:path";
import type { SidecarsConfig } from "@bottle/manifest";

/** A configuration with everything in one folder, one route, and the credential that its route gives. */
export function configIn(folder: string, token: string, change: Partial<SidecarsConfig> = {}): SidecarsConfig {
  return {
    identity: "test-00000",
    listen: { egress: { unix: join(folder, "sockets/egress.sock") } },
    control: { unix: join(folder, "control.sock") },
    auditFile: join(folder, "audit.jsonl"),
    egress: {
      caDirectory: join(folder, "ca"),
      proxyCredential: { username: "bottle", password: "proxy-password" },
      declaration: {
        routes: [{ host: "api.example.com", auth: { scheme: "bearer", tokenRef: "TOKEN" } }],
        hosts: {}, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" },
      },
      upstreamCas: [], tokens: { TOKEN: token },
    },
    ...change,
  };
}

/** Asks the egress in a folder for a host, through its Unix socket; resolves to why it was refused, or to nothing. */
export function askIn(folder: string, host: string, path = "/"): Promise<string> {
  const auth = `Basic ${Buffer.from("bottle:proxy-password").toString("base64")}`;
  return new Promise((resolve, reject) => {
    request({ agent: false, socketPath: join(folder, "sockets/egress.sock"), path: `http://${host}${path}`, headers: { host, "proxy-authorization": auth } }, (answer) => {
      answer.resume();
      resolve(String(answer.headers["x-bottle-block-reason"] ?? ""));
    }).on("error", reject).end();
  });
}

/** As the chain of an audit log is made of. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
