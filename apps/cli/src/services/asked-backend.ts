import type { BackendChoice } from "@bottle/manifest";
import type { Context } from "../context.ts";

/** The backend that a start asks for, before anything is looked at: the flag, else the variable, else the manifest's choice. */
export function askedBackend({ env }: Pick<Context, "env">, flag: string | undefined, manifest: BackendChoice = "auto"): string {
  return flag ?? (env["BOTTLE_BACKEND"] || manifest);
}
