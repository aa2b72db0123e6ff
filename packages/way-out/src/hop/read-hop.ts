import { WayOutError } from "../errors.ts";
import type { PrivateAllowance } from "../guard/destination.ts";
import { type HostPort, parseAuthority } from "../host/authority.ts";
import { createBypass } from "./bypass.ts";
import type { UpstreamProxy } from "./model.ts";
import { createWay, type Way } from "./way.ts";

/** A hop, checked and ready to be dialled. Made by `readHop` alone. */
export interface Hop extends HostPort {
  /** Whether the way to the proxy itself is TLS. */
  readonly secure: boolean;
  /** The value of `Proxy-Authorization`. */
  readonly authorization?: string;
  readonly kind: "proxy" | "pipelock";
  readonly caCertificates: readonly string[];
  readonly way: (target: HostPort) => Way;
}

/**
 * Checks the options of a hop.
 * @throws WayOutError for what cannot be read; never with the credential in it
 */
export function readHop(via: UpstreamProxy, guarded: {
  readonly hosts: Readonly<Record<string, string>>;
  readonly allowPrivate: readonly PrivateAllowance[];
}): Hop {
  const { secure, ...address } = readAddress(via.proxy);
  const hop = { ...address, kind: via.kind ?? "proxy" } as const;
  const way = createWay({ hop, bypass: createBypass(via.noProxy ?? []), ...guarded });
  return {
    ...hop, secure, way, caCertificates: via.caCertificates ?? [],
    ...(via.credential === undefined ? {} : { authorization: authorizationOf(via.credential) }),
  };
}

function readAddress(text: string): HostPort & { readonly secure: boolean } {
  const [, scheme, authority = ""] = /^(https?):\/\/([^/?#@\\]+)\/?$/i.exec(text) ?? [];
  const secure = scheme?.toLowerCase() === "https";
  const found = parseAuthority(authority, secure ? 443 : 80);
  if (scheme !== undefined && found !== undefined) return { ...found, secure };
  const shown = text.includes("@") ? "it" : JSON.stringify(text);
  throw new WayOutError(`via.proxy: ${shown} must be http://host:port or https://host:port, without a path; a login goes into via.credential.`);
}

// RFC 7617 §2: no colon in the user, no control characters in either.
function authorizationOf({ username, password }: { readonly username: string; readonly password: string }): string {
  if (username.includes(":") || /\p{Cc}/u.test(username + password)) {
    throw new WayOutError("via.credential: the username must have no colon, and neither part a control character.");
  }
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}
