import { createSecureContext, type SecureContext } from "node:tls";
import { createIssuer } from "./leaf.ts";
import type { Authority } from "./mint.ts";

// Reused for a week of a leaf's month, so that no connection starts with a leaf about to end.
const reuseMs = 7 * 86_400_000;

/** TLS contexts by host, in memory only; the least recently used goes first. */
export function createContexts(authority: Authority, capacity = 256): (host: string) => SecureContext {
  const issue = createIssuer(authority);
  const contexts = new Map<string, { readonly context: SecureContext; readonly madeAt: number }>();
  return (host) => {
    const known = contexts.get(host);
    contexts.delete(host);
    const isFresh = known !== undefined && Date.now() - known.madeAt < reuseMs;
    const entry = isFresh ? known : { context: mint(host), madeAt: Date.now() };
    contexts.set(host, entry);
    if (contexts.size > capacity) contexts.delete(contexts.keys().next().value ?? "");
    return entry.context;
  };

  function mint(host: string): SecureContext {
    const { certificate, key } = issue(host);
    // No client shows a certificate: whom Node trusts by default need not be read for it.
    return createSecureContext({ cert: certificate, key, ca: [] });
  }
}
