import type { Backend } from "@bottle/backend-core";
import { callControl, type ControlReply, type ControlRequest } from "@bottle/sidecars";

/** Gives one order to a bottle's sidecars, as an operator's command does. */
export function order(backend: Backend, identity: string, request: ControlRequest): Promise<ControlReply> {
  return callControl(() => backend.control(identity), request);
}
