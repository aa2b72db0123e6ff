/** Where an upstream is, however it was written. */
export interface UpstreamAddress {
  readonly transport: "ssh" | "https";
  /** SSH only. */
  readonly user?: string;
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** As the upstream reads it; with a leading `/` unless it is relative to the user's home (`host:path`). */
  readonly path: string;
}

const scpLike = /^(?:([^@/\s]+)@)?(\[[0-9A-Fa-f:.]+\]|[^:/@\s[\]]+):(?!\/\/)([^\s]+)$/;
const ports = { ssh: 22, https: 443 } as const;

/** Reads `ssh://[user@]host[:port]/path`, `[user@]host:path` or `https://host[:port]/path`. `undefined` for anything else. */
export function parseUpstream(text: string): UpstreamAddress | undefined {
  // What begins with `-` would be an option to some program.
  if (/[^\x21-\x7e]/.test(text) || /^(?:ssh:\/\/|https:\/\/)?(?:[^@/:]*@)?-/.test(text)) return undefined;
  const match = /^(ssh|https):\/\/(?:([^@/]+)@)?(\[[0-9A-Fa-f:.]+\]|[^:/@[\]]+)(?::([0-9]{1,5}))?(\/.+)$/.exec(text);
  if (match !== null) {
    const [, scheme, user, host = "", port, path = ""] = match;
    const transport = scheme === "ssh" ? "ssh" : "https";
    if (transport === "https" && user !== undefined) return undefined;
    return { transport, ...(user === undefined ? {} : { user }), host: bare(host), port: port === undefined ? ports[transport] : Number(port), path };
  }
  if (text.includes("://")) return undefined;
  const [, user, host, path] = scpLike.exec(text) ?? [];
  if (host === undefined || path === undefined) return undefined;
  return { transport: "ssh", ...(user === undefined ? {} : { user }), host: bare(host), port: 22, path };
}

/** One text per repository: two upstreams with the same are one repository reached in two ways. */
export function upstreamKey({ host, path }: UpstreamAddress): string {
  return `${host}/${stemOf(path)}`.toLowerCase();
}

/** A repository's path as servers read it: decoded, without slashes around it and without `.git`. */
export function stemOf(path: string): string {
  return decoded(path).replace(/^\/+/, "").replace(/\/+$/, "").replace(/\.git$/i, "");
}

function decoded(path: string): string {
  return path.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function bare(host: string): string {
  return (host.startsWith("[") ? host.slice(1, -1) : host).toLowerCase();
}
