import { BottleError, isIdentity } from "@bottle/backend-core";
import { lastLine, type Docker, type DockerResult } from "./engine/docker.ts";
import { explainSilence } from "./host/explain-silence.ts";
import { homeLabel, ownedLabel } from "./labels.ts";

/** A thing in the engine that bears a bottle's label. */
export interface Owned {
  readonly kind: "container" | "network" | "volume";
  readonly id: string;
  readonly name: string;
}

// In the order in which they can be removed.
const lists = [
  { kind: "container", list: ["ps", "--all"], format: "{{.ID}} {{.Names}}" },
  { kind: "network", list: ["network", "ls"], format: "{{.ID}} {{.Name}}" },
  { kind: "volume", list: ["volume", "ls"], format: "{{.Name}} {{.Name}}" },
] as const;

/**
 * Everything of a bottle in the engine, in the order in which it can be removed.
 * @throws BottleError `backend-unavailable` if the engine does not answer: that it says nothing does not mean it has nothing
 */
export async function findOwned(docker: Docker, label: string): Promise<readonly Owned[]> {
  // All clients have ended before any answer is judged: one that still ran would count as the bottle's own process.
  const answers = await Promise.all(lists.map(async ({ kind, list, format }) => ({ kind, answer: await docker.run([...list, "--filter", `label=${ownedLabel}=${label}`, "--format", format]) })));
  return answers.flatMap(({ kind, answer }) => linesOf(answer).map((line) => {
    const [id = "", name = ""] = line.split(" ");
    return { kind, id, name };
  }));
}

/** Whether the bottle has it: of the thing with a name in the engine, the name proves nothing. */
export function has(owned: readonly Owned[], kind: Owned["kind"], name: string): boolean {
  return owned.some((one) => one.kind === kind && one.name === name);
}

/**
 * Identities that things in the engine bear, of one BOTTLE_HOME.
 * @throws BottleError `backend-unavailable`
 */
export async function findIdentities(docker: Docker, home: string): Promise<readonly string[]> {
  const format = `{{.Label "${ownedLabel}"}}`;
  const answers = await Promise.all(lists.map(({ list }) => docker.run([...list, "--filter", `label=${homeLabel}=${home}`, "--format", format])));
  const mine = answers.flatMap(linesOf).filter((label) => label.startsWith(`${home}:`)).map((label) => label.slice(home.length + 1));
  return [...new Set(mine.filter(isIdentity))].toSorted();
}

/** Whether the engine has a container of that name, whosever it is. @throws BottleError `backend-unavailable` */
export async function isTaken(docker: Docker, container: string): Promise<boolean> {
  const answer = await docker.run(["container", "inspect", "--format", "{{.Id}}", container]);
  if (answer.exitCode !== 0 && !/no such/i.test(answer.stderr)) throw notAnswered(answer);
  return answer.exitCode === 0;
}

function linesOf(answer: DockerResult): readonly string[] {
  if (answer.exitCode !== 0) throw notAnswered(answer);
  return Buffer.from(answer.stdout).toString().split("\n").filter(Boolean);
}

function notAnswered({ stderr }: DockerResult): BottleError {
  const { reason, mend } = explainSilence(lastLine(stderr));
  return new BottleError("backend-unavailable", `What the engine has of the bottle stays there: ${reason}`, { mend: `${mend} Then run \`bottle cleanup\`, which brings the bottle's work home.` });
}
