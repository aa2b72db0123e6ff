import { BottleError, type BottleErrorCode } from "@bottle/backend-core";
import { lastLine } from "../engine/docker.ts";

interface Explanation {
  /** What engine and compose print of it, in all versions known. */
  readonly form: RegExp;
  readonly code: BottleErrorCode;
  readonly say: (match: RegExpExecArray) => string;
  readonly mend: string;
  /** Left out where the words would be taken for the state directory's own disk. */
  readonly hidesCause?: boolean;
}

const explanations: readonly Explanation[] = [
  {
    form: /cannot connect to the docker daemon|error while fetching server api version|error during connect|connection aborted|error response from daemon: .*connection refused/i,
    code: "backend-unavailable",
    say: () => "The Docker engine does not answer.",
    mend: "Start it (`sudo systemctl start docker`), then start the bottle again.",
  },
  {
    // 20.10, then 26 and later.
    form: /could not find an available, non-overlapping ipv4 address pool|all predefined address pools have been fully subnetted/i,
    code: "launch-failed",
    say: () => "The Docker engine has no address range left for another network.",
    mend: "Each bottle takes two, and one more with pipelock. Run `bottle cleanup` and `docker network prune`, or give the engine more: `default-address-pools` in /etc/docker/daemon.json.",
  },
  {
    form: /no space left on device/i,
    code: "launch-failed",
    say: () => "The Docker engine has no space left on its disk.",
    mend: "Make room where the engine keeps its data (`docker info --format {{.DockerRootDir}}`), for example with `docker system prune`.",
    hidesCause: true,
  },
  {
    form: /container name "\/?([^"]+)" is already in use/i,
    code: "launch-failed",
    say: ([, name = ""]) => `A container that is not this bottle's has its name, ${name}.`,
    mend: "Rename it or remove it with `docker rm`, or start a new bottle.",
  },
  {
    form: /network "?([\w.-]+)"? (?:needs to be recreated|was found but has incorrect label|exists but was not created)/i,
    code: "launch-failed",
    say: ([, name = ""]) => `A network that is not this bottle's has its name, ${name}.`,
    mend: "Remove it with `docker network rm`, or start a new bottle.",
  },
  {
    form: /no such image:? "?([^\s"]*[^\s":.])/i,
    code: "backend-unavailable",
    say: ([, name = ""]) => `The Docker engine has no image ${name}. Bottle's images are built, never pulled.`,
    mend: "Run `bottle images build`.",
  },
  {
    form: /(?:unknown runtime specified|unknown or invalid runtime name:?) "?([\w.-]+)/i,
    code: "backend-unavailable",
    say: ([, name = ""]) => `The Docker engine has no runtime ${name}.`,
    mend: "Install it and name it under `runtimes` in /etc/docker/daemon.json, or take `runtime` out of the bottle's manifest.",
  },
  {
    // Releases of 2022 know a host's own network namespace by a file that newer kernels have in every one.
    form: /cannot run with network enabled in root network namespace/i,
    code: "backend-unavailable",
    say: () => "The engine's gVisor (runsc) is older than its kernel and cannot run on it.",
    mend: "Install a newer runsc on the engine's machine (https://gvisor.dev/docs/user_guide/install), or take `runtime` out of the bottle's manifest.",
  },
  {
    form: /\/proc\/sys\/net\/ipv6\/[^:]*: no such file or directory/i,
    code: "launch-failed",
    say: () => "The engine's kernel was started without IPv6, so a container cannot be told to have none.",
    mend: "Start the kernel with `ipv6.disable_ipv6=1` instead of `ipv6.disable=1`.",
  },
];

const longest = 2000;

/**
 * What compose or the engine said, as one sentence with the mend. Unknown words are passed on, without any value that
 * was given as a secret.
 * @param output everything it printed @param secrets values
 */
export function explainCompose(output: string, secrets: readonly string[]): BottleError {
  for (const { form, code, say, mend, hidesCause } of explanations) {
    const match = form.exec(output);
    if (match) return new BottleError(code, say(match), { mend, ...(hidesCause !== true && { cause: new Error(without(output, secrets)) }) });
  }
  const said = without(lastWord(output), secrets);
  return new BottleError("launch-failed", `The bottle's containers could not be started: ${said}`, { mend: "Run `bottle doctor --backend docker`.", cause: new Error(without(output, secrets)) });
}

// Version 1 ends with a line that says nothing, and starts its own with "ERROR: for SERVICE".
function lastWord(output: string): string {
  const said = output.split("\n").filter((line) => line.trim() !== "Encountered errors while bringing up the project.");
  return lastLine(said.join("\n")).replace(/^ERROR: (?:for \S+\s+)?/, "") || "compose said nothing.";
}

function without(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  return known.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text).slice(-longest);
}
