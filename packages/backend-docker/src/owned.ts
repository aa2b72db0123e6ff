import { BottleError, isIdentity } from "@bottle/backend-core";
import { EngineError } from "./engine/api.ts";
import type { Docker } from "./engine/docker.ts";
import { inspectContainer, listThings, type Kind, type Thing } from "./engine/things.ts";
import { explainSilence } from "./host/explain-silence.ts";
import { homeLabel, ownedLabel } from "./labels.ts";

const kinds = ["container", "network", "volume"] as const;

/**
 * Everything of a bottle in the engine, in the order in which it can be removed.
 * @throws BottleError `backend-unavailable` if the engine does not answer: that it says nothing does not mean it has nothing
 */
export async function findOwned(docker: Docker, label: string): Promise<readonly Thing[]> {
  return listAll(docker, `${ownedLabel}=${label}`);
}

/** Whether the bottle has it: of the thing with a name in the engine, the name proves nothing. */
export function has(owned: readonly Thing[], kind: Kind, name: string): boolean {
  return owned.some((one) => one.kind === kind && one.name === name);
}

/**
 * Identities that things in the engine bear, of one BOTTLE_HOME.
 * @throws BottleError `backend-unavailable`
 */
export async function findIdentities(docker: Docker, home: string): Promise<readonly string[]> {
  const labels = (await listAll(docker, `${homeLabel}=${home}`)).map((thing) => thing.labels[ownedLabel] ?? "");
  const mine = labels.filter((label) => label.startsWith(`${home}:`)).map((label) => label.slice(home.length + 1));
  return [...new Set(mine.filter(isIdentity))].toSorted();
}

/** Whether the engine has a container of that name, whosever it is. @throws BottleError `backend-unavailable` */
export async function isTaken(docker: Docker, container: string): Promise<boolean> {
  return await inspectContainer(docker.api, container).catch(notAnswered) !== undefined;
}

async function listAll(docker: Docker, label: string): Promise<readonly Thing[]> {
  // All have ended before any answer is judged: docker, where it knows the way, would count as the bottle's own process.
  const answers = await Promise.allSettled(kinds.map((kind) => listThings(docker.api, kind, { label: [label] })));
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : notAnswered(answer.reason)));
}

function notAnswered(error: unknown): never {
  if (!(error instanceof EngineError)) throw error;
  const { reason, mend } = explainSilence(error.message);
  throw new BottleError("backend-unavailable", `What the engine has of the bottle stays there: ${reason}`, { mend: `${mend} Then run \`bottle cleanup\`, which brings the bottle's work home.`, cause: error });
}
