import { type Admission, admit } from "./admit.ts";
import type { ExchangeContext } from "./context.ts";
import type { RequestHead, Tunnel } from "./read-request.ts";

/**
 * Admits a request, at once if its credential is at hand; else when it is there, under the policy then in force.
 * `fail` is called if `proceed` throws later on.
 */
export function whenAdmitted(context: ExchangeContext, request: { readonly head: RequestHead; readonly tunnel: Tunnel | undefined }, then: {
  readonly proceed: (admission: Admission) => void;
  readonly fail: () => void;
}): void {
  const { state, tokens, placeholders, scanning } = context;
  const { policy } = state;
  const admission = admit({ head: request.head, tunnel: request.tunnel, policy, tokens, placeholders, scanning });
  if (!(admission instanceof Promise)) return then.proceed(admission);
  admission.then((late) => {
    if (state.frozen) return then.proceed({ kind: "refused", reason: "frozen" });
    return state.policy === policy ? then.proceed(late) : whenAdmitted(context, request, then);
  }).catch(then.fail);
}
