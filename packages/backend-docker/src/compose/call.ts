import type { ComposeProgram } from "./find.ts";

/** A call of compose: its command line and its variables. */
export interface ComposeCall {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The call that brings a project up whose file comes over standard input. Version 1 adds the `proxies` of the operator's
 * docker settings to what is set in the file, where version 2 puts what is set in their place; both would be told by
 * `docker inspect`. Version 1 pulls nothing and so needs no login: it is given settings without anything in them.
 */
export function upCall({ major, command, env }: Pick<ComposeProgram, "major" | "command"> & Pick<ComposeCall, "env">, { project, settings }: { readonly project: string; readonly settings: string }): ComposeCall {
  return {
    // The project's directory is where a `.env` is read: in `/`, nobody but root puts one there.
    command: [
      ...(major === 1 ? ["env", `DOCKER_CONFIG=${settings}`] : []), ...command,
      "--project-directory", "/", "--project-name", project, "--file", "-", "up", "--detach", "--no-build", ...(major === 2 ? ["--pull", "never", "--quiet-pull"] : []),
    ],
    env: { ...env, COMPOSE_INTERACTIVE_NO_CLI: "1" },
  };
}
