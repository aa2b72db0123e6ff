import { posix } from "node:path";
import type { Bottle } from "../bottle.ts";
import { BottleError } from "../errors.ts";
import { gitConfigText } from "../git/git-config.ts";
import { homePath } from "../inside-env.ts";
import type { GitSpec, HomeSpec } from "../spec.ts";

/**
 * Writes the home's files from inside, where a link the agent left in its home on an earlier run can lead nowhere
 * but into the bottle. Nothing to write: nothing runs.
 * @throws BottleError `launch-failed` with what the shell said
 */
export async function provisionHome(bottle: Bottle, home: HomeSpec, signal?: AbortSignal): Promise<void> {
  if (home.files.length === 0) return;
  const result = await bottle.exec(homeScript(home), { cwd: homePath, ...(signal && { signal }) });
  if (result.exitCode === 0) return;
  throw new BottleError("launch-failed", `The agent's home could not be filled: ${Buffer.from(result.stderr).toString().trim()}`, {
    mend: "If the disk is full, make room; if a file in the agent's home is in the way, remove it from the state directory.",
  });
}

/**
 * Tells the bottle's git of its gate and of whom its commits are by, anew at every launch: what is declared is what holds.
 * @throws BottleError `launch-failed`
 */
export async function provisionGit(bottle: Bottle, { repositories, identity }: GitSpec, signal?: AbortSignal): Promise<void> {
  const content = gitConfigText({ upstreams: repositories, ...(identity && { identity }) });
  await provisionHome(bottle, { files: [{ path: ".gitconfig", content, mode: 0o644 }], folders: [] }, signal);
}

/** The shell script that writes the files; contents are base64, so that no content is ever read as shell. */
export function homeScript(home: HomeSpec): string {
  const files = home.files.map(({ path, content, mode = 0o600 }) => {
    const target = quote(`${homePath}/${path}`);
    return `mkdir -p ${quote(posix.dirname(`${homePath}/${path}`))}\nrm -f ${target}\n`
      + `base64 -d > ${target} <<'BOTTLE_END' || fail ${target}\n${Buffer.from(content).toString("base64")}\nBOTTLE_END\nchmod ${mode.toString(8)} ${target}`;
  });
  return ["set -eu", "umask 077", 'fail() { echo "$1 could not be written" >&2; exit 1; }', ...files, ""].join("\n");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
