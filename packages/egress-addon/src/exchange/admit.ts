import { decide, type Decision } from "../policy/decide.ts";
import type { EgressRoute } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import { valuesOf } from "./headers.ts";
import { inject, isSendable, type Outgoing, passOn } from "./inject.ts";
import { readRequest, type ReadRequest, type RequestHead, type Tunnel } from "./read-request.ts";

/** The name at which the proxy itself answers, inside only. */
export const introspectionHost = "_egress.local";

/** A request that may go out, as it will go out. */
export interface Admitted {
  readonly kind: "admitted";
  readonly read: ReadRequest;
  readonly route: EgressRoute;
  readonly outgoing: Outgoing;
}

/** A request that may not, or one for the proxy itself. */
export type Admission =
  | Admitted
  | { readonly kind: "introspection"; readonly read: ReadRequest }
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly read?: ReadRequest; readonly route?: EgressRoute };

/** Settles the authority, decides, and puts the credential in. Nothing is resolved or sent before this has said yes. */
export function admit(options: {
  readonly head: RequestHead;
  readonly tunnel: Tunnel | undefined;
  readonly policy: CompiledPolicy;
  readonly tokens: (tokenRef: string) => string | undefined;
}): Admission {
  const { head } = options;
  const read = readRequest(head, options.tunnel);
  if ("refused" in read) return { kind: "refused", reason: read.refused };
  if (read.host === introspectionHost && read.port === 80 && !read.secure) return { kind: "introspection", read };
  if (valuesOf(head.headers, "content-type").some((type) => /git-receive-pack/i.test(type))) return { kind: "refused", reason: "git-push", read };
  const decision = decideAll(options.policy, read);
  if (decision.decision === "deny") return { kind: "refused", read, reason: decision.reason, ...(decision.route ? { route: decision.route } : {}) };
  return equip({ read, route: decision.route, head, tokens: options.tokens });
}

/** Decides a request for every method an upstream may take it for; the first refusal counts. */
export function decideAll(policy: CompiledPolicy, read: ReadRequest): Decision {
  const [first = decide(policy, read), ...others] = read.methods.map((method) => decide(policy, { ...read, method }));
  return others.find((decision) => decision.decision === "deny") ?? first;
}

function equip(options: {
  readonly read: ReadRequest;
  readonly route: EgressRoute;
  readonly head: RequestHead;
  readonly tokens: (tokenRef: string) => string | undefined;
}): Admission {
  const { read, route, head } = options;
  const at = read.path.indexOf("?");
  const query = at === -1 ? "" : read.path.slice(at);
  const { auth } = route;
  if (auth === undefined) return { kind: "admitted", read, route, outgoing: passOn(head.headers, query) };
  const value = ask(options.tokens, auth.tokenRef);
  if (value === undefined || value === "") return { kind: "refused", reason: "credential-unavailable", read, route };
  if (!isSendable(value)) return { kind: "refused", reason: "credential-invalid", read, route };
  return { kind: "admitted", read, route, outgoing: inject(head.headers, query, { auth, value }) };
}

function ask(tokens: (tokenRef: string) => string | undefined, tokenRef: string): string | undefined {
  try {
    return tokens(tokenRef);
  } catch {
    return undefined;
  }
}
