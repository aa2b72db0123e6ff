import { randomBytes } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive, markProcess } from "@bottle/backend-core";

/** Notes that this process uses the engine; returns the note's file. */
export async function noteUser(folder: string): Promise<string> {
  const mark = await markProcess(process.pid);
  const file = join(folder, `${process.pid}.${mark?.startTime ?? "0"}.${randomBytes(4).toString("hex")}`);
  await writeFile(file, "");
  return file;
}

/** How many uses are noted by processes that still run; forgets the others. */
export async function countUsers(folder: string): Promise<number> {
  const names = await readdir(folder);
  const gone = names.filter((name) => {
    const [pid = "", startTime = ""] = name.split(".");
    return !isAlive({ pid: Number(pid), startTime });
  });
  await Promise.all(gone.map((name) => rm(join(folder, name), { force: true })));
  return names.length - gone.length;
}
