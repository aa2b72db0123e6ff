/** What a request to the gate asks for. */
export type GateRoute =
  | { readonly kind: "git"; readonly repository: string; readonly service: "fetch" | "push"; readonly path: "/info/refs" | "/git-upload-pack" | "/git-receive-pack" }
  | { readonly kind: "lfs"; readonly repository: string }
  | { readonly kind: "unknown" };

const services = { "git-upload-pack": "fetch", "git-receive-pack": "push" } as const;
const smart = /^\/([A-Za-z0-9][A-Za-z0-9._-]{0,63}?)(?:\.git)?(\/.*)$/;

/**
 * Reads method and target of a request: smart HTTP (gitprotocol-http) alone, `/NAME[.git]/…`. Files of a repository, which its dumb
 * predecessor asks for one by one, are nobody's to read.
 */
export function readRoute(method: string, target: string): GateRoute {
  const at = target.indexOf("?");
  const [path, query] = at === -1 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
  const [, repository, rest] = smart.exec(path) ?? [];
  if (repository === undefined || rest === undefined) return { kind: "unknown" };
  if (rest.startsWith("/info/lfs/") || rest.startsWith("/lfs/")) return { kind: "lfs", repository };
  if (method === "GET" && rest === "/info/refs") {
    const service = /^service=(git-upload-pack|git-receive-pack)$/.exec(query)?.[1] as keyof typeof services | undefined;
    return service === undefined ? { kind: "unknown" } : { kind: "git", repository, service: services[service], path: rest };
  }
  if (method !== "POST" || query !== "" || (rest !== "/git-upload-pack" && rest !== "/git-receive-pack")) return { kind: "unknown" };
  return { kind: "git", repository, service: rest === "/git-upload-pack" ? "fetch" : "push", path: rest };
}
