import { BottleError, isIdentity } from "@bottle/backend-core";
import { lastLine, type Docker, type DockerResult } from "./engine/docker.ts";
import { explainSilence } from "./host/explain-silence.ts";
import { homeLabel, ownedLabel } from "./labels.ts";

/** A thing in the engine that bears a bottle's label. */
export interface Owned {
  readonly kind: "container" | "network" | "volume";
  readonly id: string;
}

// In the order in which they can be removed.
const lists = [
  { kind: "container", list: ["ps", "--all"] },
  { kind: "network", list: ["network", "ls"] },
  { kind: "volume", list: ["volume", "ls"] },
] as const;

/**
 * Everything of a bottle in the engine, in the order in which it can be removed.
 * @throws BottleError `backend-unavailable` if the engine does not answer: that it says nothing does not mean it has nothing
 */
export async function findOwned(docker: Docker, label: string): Promise<readonly Owned[]> {
  // All clients have ended before any answer is judged: one that still ran would count as the bottle's own process.
  const answers = await Promise.all(lists.map(async ({ kind, list }) => ({ kind, answer: await docker.run([...list, "--filter", `label=${ownedLabel}=${label}`, "--quiet"]) })));
  return answers.flatMap(({ kind, answer }) => {
    if (answer.exitCode !== 0) throw notAnswered(answer);
    return Buffer.from(answer.stdout).toString().split("\n").filter(Boolean).map((id) => ({ kind, id }));
  });
}

/**
 * Identities that things in the engine bear, of one BOTTLE_HOME.
 * @throws BottleError `backend-unavailable`
 */
export async function findIdentities(docker: Docker, home: string): Promise<readonly string[]> {
  const format = `{{.Label "${ownedLabel}"}}`;
  const answers = await Promise.all(lists.map(({ list }) => docker.run([...list, "--filter", `label=${homeLabel}=${home}`, "--format", format])));
  const labels = answers.flatMap((answer) => {
    if (answer.exitCode !== 0) throw notAnswered(answer);
    return Buffer.from(answer.stdout).toString().split("\n");
  });
  const mine = labels.filter((label) => label.startsWith(`${home}:`)).map((label) => label.slice(home.length + 1));
  return [...new Set(mine.filter(isIdentity))].toSorted();
}

const labelFormats = { container: `{{index .Config.Labels "${ownedLabel}"}}`, volume: `{{index .Labels "${ownedLabel}"}}` } as const;

/** Whose a container or volume of that name is, by its label: a name alone proves nothing. @throws BottleError `backend-unavailable` if the engine does not answer */
export async function whose(docker: Docker, kind: "container" | "volume", name: string, label: string): Promise<"ours" | "stranger" | "nobody"> {
  const result = await docker.run([kind, "inspect", "--format", labelFormats[kind], name]);
  if (result.exitCode === 0) return Buffer.from(result.stdout).toString().trim() === label ? "ours" : "stranger";
  if (!/no such/i.test(result.stderr)) throw notAnswered(result);
  return "nobody";
}

function notAnswered({ stderr }: DockerResult): BottleError {
  const { reason, mend } = explainSilence(lastLine(stderr));
  return new BottleError("backend-unavailable", `What the engine has of the bottle stays there: ${reason}`, { mend: `${mend} Then run \`bottle cleanup\`, which brings the bottle's work home.` });
}
