import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyWorkspace } from "@bottle/backend-core";
import { execa } from "execa";
import { interleave, machine, report } from "./measure.ts";

const folders = 500;
const filesPerFolder = 100;
const rounds = 5;

/** Copying 50 000 small files: what a bottle's workspace takes, against `cp -a`. */
export async function benchWorkspace(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bottle-bench-workspace-"));
  const source = join(folder, "source");
  try {
    for (let index = 0; index < folders; index += 1) {
      const path = join(source, `folder-${index}`);
      await mkdir(path, { recursive: true });
      await Promise.all(Array.from({ length: filesPerFolder }, (_, file) => writeFile(join(path, `file-${file}.ts`), `export const value = ${index * file};\n`.repeat(1 + (file % 20)))));
    }
    const target = join(folder, "target");
    const timed = async (copy: () => Promise<unknown>): Promise<number> => {
      const startedAt = performance.now();
      await copy();
      const took = performance.now() - startedAt;
      await rm(target, { recursive: true });
      return took;
    };
    const series = await interleave([
      { name: "cp -a", run: () => timed(() => execa("cp", ["-a", source, target])) },
      { name: "bottle's workspace", run: () => timed(() => copyWorkspace(source, target)) },
    ], rounds);
    return [`Copying ${folders * filesPerFolder} small files, median of ${rounds}, in turn. ${machine()}.`, "", report(series, "cp -a")].join("\n");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
