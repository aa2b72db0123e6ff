import { exitStatus, refusals, type ToRefusal } from "@bottle/standalone";
import { EgressError } from "../errors.ts";

/** What the operator is told of an error, and the exit status; undefined: a fault of the program's own. */
export const toRefusal: ToRefusal = refusals((error) => {
  if (!(error instanceof EgressError)) return undefined;
  const isConfig = error.code === "policy-invalid" || error.code === "option-invalid";
  return { code: error.code, message: error.message, status: isConfig ? exitStatus.usage : exitStatus.start };
});
