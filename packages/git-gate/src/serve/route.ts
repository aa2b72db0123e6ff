/** A request to git's own server. */
export interface GitRoute {
  readonly kind: "git";
  /** The repository's name, or where its upstream is: host, port if it was written, and path. As it was sent. */
  readonly repository: string;
  readonly service: "fetch" | "push";
  readonly path: "/info/refs" | "/git-upload-pack" | "/git-receive-pack";
}

/** What a request to the gate asks for. */
export type GateRoute = GitRoute | { readonly kind: "lfs"; readonly repository: string } | { readonly kind: "unknown" };

const services = { "git-upload-pack": "fetch", "git-receive-pack": "push" } as const;
const target = /^\/((?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9])[A-Za-z0-9._:~@%+/-]{0,1000}?)(\/info\/refs|\/git-upload-pack|\/git-receive-pack|\/(?:info\/)?lfs\/.*)$/;

/**
 * Reads method and target of a request: smart HTTP (gitprotocol-http) alone, `/NAME[.git]/…` or `/HOST[:PORT]/PATH[.git]/…`. Files of a
 * repository, which its dumb predecessor asks for one by one, are nobody's to read.
 */
export function readRoute(method: string, url: string): GateRoute {
  const at = url.indexOf("?");
  const [path, query] = at === -1 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
  const [, repository = "", rest] = target.exec(path) ?? [];
  if (rest === undefined || repository.split("/").some((part) => part === "" || part === "." || part === "..")) return { kind: "unknown" };
  if (rest.includes("/lfs/")) return { kind: "lfs", repository };
  if (method === "GET" && rest === "/info/refs") {
    const service = /^service=(git-upload-pack|git-receive-pack)$/.exec(query)?.[1] as keyof typeof services | undefined;
    return service === undefined ? { kind: "unknown" } : { kind: "git", repository, service: services[service], path: rest };
  }
  if (method !== "POST" || query !== "" || (rest !== "/git-upload-pack" && rest !== "/git-receive-pack")) return { kind: "unknown" };
  return { kind: "git", repository, service: rest === "/git-upload-pack" ? "fetch" : "push", path: rest };
}
