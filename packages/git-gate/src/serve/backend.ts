import type { IncomingMessage } from "node:http";
import { gitEnvironment } from "../git/environment.ts";
import type { Command } from "../git/run.ts";
import type { Served } from "./open-repository.ts";
import type { GitRoute } from "./route.ts";

/** What a request may cost. */
export interface BackendLimits {
  /** Bytes that git may ask for at once: what a small pack says it inflates to, or how many objects it says it has, is anything. */
  readonly mostAllocation: number;
  /** Bytes of a fetch's wishes; the gate counts them itself. */
  readonly mostWishBytes: number;
}

/** `git http-backend` for a request (RFC 3875; git-http-backend(1)), which reads the body unpacked. REMOTE_USER is what allows a push at all. */
export function backendCommand(route: GitRoute, { declared, path: folder, scratch }: Served, request: IncomingMessage, { mostAllocation, mostWishBytes }: BackendLimits): Command {
  const { headers } = request;
  const protocol = String(headers["git-protocol"] ?? "");
  const isPlain = headers["content-encoding"] === undefined;
  return {
    argv: ["git", "http-backend"],
    env: gitEnvironment(scratch, {
      GIT_PROJECT_ROOT: folder.slice(0, folder.lastIndexOf("/")),
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${declared.name}.git${route.path}`,
      REQUEST_METHOD: request.method ?? "",
      QUERY_STRING: route.path === "/info/refs" ? `service=${route.service === "fetch" ? "git-upload-pack" : "git-receive-pack"}` : "",
      CONTENT_TYPE: String(headers["content-type"] ?? ""),
      REMOTE_USER: "agent",
      REMOTE_ADDR: "127.0.0.1",
      ...(headers["content-length"] !== undefined && isPlain && { CONTENT_LENGTH: headers["content-length"] }),
      ...(/^[a-z0-9=:]{1,200}$/.test(protocol) && { GIT_PROTOCOL: protocol }),
      ...(route.service === "push" && { GIT_ALLOC_LIMIT: String(mostAllocation) }),
      // git's own limit comes after the gate's, which says what is wrong; git would answer with a head of its own first.
      ...(route.service === "fetch" && { GIT_HTTP_MAX_REQUEST_BUFFER: String(2 * mostWishBytes) }),
    }),
  };
}
