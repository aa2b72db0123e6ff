import { afterEach, expect, inject, test } from "vitest";
import { findFreeNames } from "./free-names.ts";
import { candidateNames, resourceNames } from "./names.ts";
import { testDocker } from "./testing/engine.ts";

const docker = testDocker();
const parts = { label: `0123456789ab:free-${Math.floor(Math.random() * 36 ** 5).toString(36).padStart(5, "0")}` };
const plain = resourceNames(parts);
const made: string[] = [];
afterEach(async () => {
  await docker.must(["volume", "rm", "--force", ...made.splice(0)], "rm");
});

async function volume(name: string): Promise<void> {
  await docker.must(["volume", "create", name], "create");
  made.push(name);
}

test("with nothing in the way the names are the plain ones; a longer name is not in the way", async () => {
  await volume(`${plain.volumes.home}-of-another`);
  expect(await findFreeNames(docker, parts)).toEqual(plain);
});

test("a stranger's volume is not taken: the next free suffix is", async () => {
  await volume(plain.volumes.home);
  await volume(resourceNames(parts, 2).volumes.workspace);
  expect(await findFreeNames(docker, parts)).toEqual(resourceNames(parts, 3));
});

test("what is left of the bottle itself is not passed by: it may hold work", async () => {
  made.push(plain.volumes.home);
  await docker.must(["volume", "create", "--label", `bottle.owned=${parts.label}`, plain.volumes.home], "create");
  await expect(findFreeNames(docker, parts)).rejects.toMatchObject({ code: "launch-failed", message: `The bottle ${parts.label.split(":")[1]} still has containers or volumes in the engine.`, mend: expect.stringContaining("bottle cleanup") as string });
});

test("with all of them taken the launch ends with a word", async () => {
  const names = [...candidateNames(parts)].map(({ volumes }) => volumes.shown);
  // One call for many: `docker volume create` takes one name.
  await docker.must(["run", "--rm", "--network", "none", "--entrypoint", "true", ...names.flatMap((name, index) => ["--volume", `${name}:/v${index}`]), inject("dockerImages").agent], "run");
  made.push(...names);
  await expect(findFreeNames(docker, parts)).rejects.toMatchObject({ code: "launch-failed", message: `The engine has other containers, networks or volumes with every name from ${plain.project} to ${plain.project}-99.` });
});
