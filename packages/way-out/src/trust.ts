import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

/**
 * Whom upstreams may be signed by: Node's roots, the system's, and the operator's. Read on first use, since parsing some
 * hundred certificates takes longer than starting the proxy.
 */
export function createTrust(extra: readonly string[]): () => SecureContext {
  let context: SecureContext | undefined;
  return () => context ??= createSecureContext({ ca: [...new Set([...getCACertificates("default"), ...getCACertificates("system"), ...extra])] });
}
