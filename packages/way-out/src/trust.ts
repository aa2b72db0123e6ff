import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

/**
 * Whom upstreams may be signed by: Node's roots, the system's, and the operator's. Read on first use, since parsing some
 * hundred certificates takes longer than starting the proxy.
 */
export function createTrust(extra: readonly string[]): () => SecureContext {
  let context: SecureContext | undefined;
  return () => context ??= createSecureContext({ ca: [...trustedCertificates(extra)] });
}

/** The same as PEM certificates. */
export function trustedCertificates(extra: readonly string[]): readonly string[] {
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system"), ...extra])];
}
