import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Answers with the repositories in a directory: CGI (RFC 3875), as far as git http-backend needs it. */
export function serveGit(directory: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const backend = spawn("git", ["http-backend"], { stdio: ["pipe", "pipe", "ignore"], env: {
    PATH: process.env["PATH"] ?? "", GIT_PROJECT_ROOT: directory, GIT_HTTP_EXPORT_ALL: "1", REQUEST_METHOD: request.method ?? "", PATH_INFO: path, QUERY_STRING: query,
    CONTENT_TYPE: request.headers["content-type"] ?? "", HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "", GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
  } });
  request.pipe(backend.stdin).on("error", () => {});
  const chunks: Buffer[] = [];
  backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk)).once("end", () => {
    const whole = Buffer.concat(chunks);
    const end = whole.indexOf("\r\n\r\n");
    const lines = whole.subarray(0, end).toString().split("\r\n").map((line) => line.split(": "));
    const status = Number(lines.find(([name]) => name === "Status")?.[1]?.slice(0, 3) ?? 200);
    response.writeHead(status, Object.fromEntries(lines.filter(([name]) => name !== "Status")) as Record<string, string>);
    response.end(whole.subarray(end + 4));
  });
}
