/** Where a password is. It is read at the start. */
export type PasswordSource = { readonly env: string } | { readonly file: string };

/** A user and where the password is (Basic, RFC 7617). */
export interface Login {
  readonly username: string;
  readonly password: PasswordSource;
}

/** A proxy that upstreams are reached through. */
export interface UpstreamProxyConfig {
  readonly proxy: string;
  readonly credential?: Login;
  readonly noProxy: readonly string[];
  /** PEM files. */
  readonly cas: readonly string[];
}

/** `upstream_proxy` as written. */
export interface WrittenUpstreamProxy {
  readonly url: string;
  readonly credential?: Login | undefined;
  readonly no_proxy?: readonly string[] | undefined;
  readonly cas?: readonly string[] | undefined;
}

/** @param path makes a path of the file's absolute */
export function toLogin({ username, password }: Login, path: (given: string) => string): Login {
  return { username, password: "file" in password ? { file: path(password.file) } : password };
}

/** @param path makes a path of the file's absolute */
export function toUpstreamProxy({ url, credential, no_proxy: noProxy = [], cas = [] }: WrittenUpstreamProxy, path: (given: string) => string): UpstreamProxyConfig {
  return { proxy: url, noProxy, cas: cas.map(path), ...(credential && { credential: toLogin(credential, path) }) };
}
