import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Docker } from "../engine/docker.ts";

const programs = ["/bin/sh", "/bin/cat", "/bin/ls", "/bin/sleep", "/bin/tar", "/usr/bin/base64", "/usr/bin/env", "/usr/bin/id", "/usr/bin/perl"];
const ownedByNode = ["home/node", "workspace", "shown", "var/lib/bottle"];

/**
 * An image of this host's own shell, perl and the like, a few megabytes, for tests of networks and containers that need no
 * agent. Its command sleeps; `node` is its account 1000.
 * @returns the image's id
 */
export async function importTinyImage(docker: Docker): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "bottle-tiny-"));
  try {
    for (const path of new Set(programs.flatMap((program) => [program, ...librariesOf(program)]))) put(root, path);
    put(root, perlModules());
    for (const folder of ["proc", "sys", "dev", "run", "tmp", "etc", ...ownedByNode]) mkdirSync(join(root, folder), { recursive: true });
    chmodSync(join(root, "tmp"), 0o1777);
    for (const folder of ownedByNode) chownSync(join(root, folder), 1000, 1000);
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n");
    writeFileSync(join(root, "etc/group"), "root:x:0:\nnode:x:1000:\n");
    const tar = execFileSync("tar", ["-C", root, "-c", "."], { maxBuffer: 2 ** 28 });
    return (await docker.must(["import", "--change", 'CMD ["sleep", "infinity"]', "-"], "The test image could not be made", { input: tar })).trim();
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function librariesOf(program: string): readonly string[] {
  return execFileSync("ldd", [program], { encoding: "utf8" }).match(/\/[^\s:]+/g) ?? [];
}

function perlModules(): string {
  return dirname(execFileSync("perl", ["-Mstrict", "-MSocket", "-e", 'print $INC{"strict.pm"}'], { encoding: "utf8" }));
}

function put(root: string, path: string): void {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  cpSync(path, join(root, path), { recursive: true, dereference: true });
}
