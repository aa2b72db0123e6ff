import type { ServerResponse } from "node:http";
import type { UpstreamAddress } from "@bottle/manifest/upstream";
import type { Neighbour } from "./find-served.ts";

/** Of an upstream, in a manifest. */
const longestName = 41;

/** Answers with a text, which git shows to whoever runs it. The connection ends. */
export function say(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.shouldKeepAlive = false;
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers });
  response.end(`${text}\n`);
}

/** Answers a request of Git LFS, as it shows it to its user (its docs/api/README.md). */
export function sayLfs(response: ServerResponse): void {
  response.shouldKeepAlive = false;
  response.writeHead(501, { "content-type": "application/vnd.git-lfs+json" });
  response.end(`${JSON.stringify({ message: "The git gate takes no Git LFS objects, since it could not scan them on their way. Commit the file itself, or ask the operator." })}\n`);
}

/** What is said of a push to an upstream that nobody declared, with the entry that would: reached as its declared neighbour is. */
export function undeclared({ host, path, beside }: Neighbour): string {
  const stem = path.replace(/\.git$/, "");
  const name = stem.slice(stem.lastIndexOf("/") + 1).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-/, "").slice(0, longestName).replace(/-$/, "");
  return [
    `Nothing can be pushed to ${host}/${stem}: it is not declared. The operator declares it in the bottle's manifest:`,
    "git:", `  - name: ${name || "app"}`, `    upstream: ssh://${sshAuthority(beside)}/${stem}.git`, "    identity_file: ~/.ssh/a-key-of-its-own",
  ].join("\n");
}

function sshAuthority({ transport, user = "git", host, port }: UpstreamAddress): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${user}@${name}${transport === "https" || port === 22 ? "" : `:${port}`}`;
}
