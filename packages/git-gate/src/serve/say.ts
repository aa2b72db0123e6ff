import type { ServerResponse } from "node:http";

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

/** What is said of a push to an upstream that nobody declared, with the entry that would. */
export function undeclared(host: string, path: string): string {
  const stem = path.replace(/\.git$/, "");
  const name = stem.split("/").at(-1) ?? "app";
  return [
    `Nothing can be pushed to ${host}/${stem}: it is not declared. The operator declares it in the bottle's manifest:`,
    "git:", `  - name: ${name}`, `    upstream: ssh://git@${host}/${stem}.git`, "    identity_file: ~/.ssh/a-key-of-its-own",
  ].join("\n");
}
