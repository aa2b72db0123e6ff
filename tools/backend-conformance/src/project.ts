import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A project of one file and a repository's skeleton, in a temporary folder that the caller removes. */
export async function makeProject(): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), "bottle-project-"));
  await mkdir(join(project, ".git/hooks"), { recursive: true });
  await writeFile(join(project, ".git/config"), "[core]\n");
  await writeFile(join(project, "main.txt"), "as it was\n");
  return project;
}
