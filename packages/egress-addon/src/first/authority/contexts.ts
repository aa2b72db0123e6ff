import { createSecureContext, type SecureContext } from "node:tls";
import { createIssuer, type Authority } from "./authority.ts";

const capacity = 256;
const lifetimeMs = 24 * 3_600_000;

/** TLS contexts by host, made when first needed; the least recently used go first, and none grows old. */
export function createContexts(authority: Authority): (host: string) => SecureContext {
  const issue = createIssuer(authority);
  const contexts = new Map<string, { readonly context: SecureContext; readonly madeAt: number }>();
  return (host) => {
    const known = contexts.get(host);
    contexts.delete(host);
    const entry = known && Date.now() - known.madeAt < lifetimeMs ? known : { context: makeContext(host), madeAt: Date.now() };
    contexts.set(host, entry);
    const [oldest] = contexts.keys();
    if (contexts.size > capacity && oldest !== undefined) contexts.delete(oldest);
    return entry.context;
  };

  function makeContext(host: string): SecureContext {
    const { certificate, key } = issue(host);
    return createSecureContext({ cert: certificate + authority.certificate, key, minVersion: "TLSv1.2" });
  }
}
