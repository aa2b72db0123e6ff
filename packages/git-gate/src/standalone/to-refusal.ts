import { exitStatus, refusals, type ToRefusal } from "@bottle/standalone";
import { GateError } from "../errors.ts";

/** What the operator is told of an error, and the exit status; undefined: a fault of the program's own. */
export const toRefusal: ToRefusal = refusals((error) => {
  if (!(error instanceof GateError)) return undefined;
  return { code: error.code, message: error.message, status: error.code === "option-invalid" ? exitStatus.usage : exitStatus.start };
});
