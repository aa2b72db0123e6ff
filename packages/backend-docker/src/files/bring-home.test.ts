import { pbkdf2 } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start } from "@bottle/backend-core";
import { expect, test } from "vitest";
import type { Docker } from "../engine/docker.ts";
import { bringHome } from "./bring-home.ts";

test("what an engine said that ended before anybody could listen comes home", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bottle-home-"));
  try {
    await writeFile(join(folder, "work.txt"), "done");
    // A stand-in for the client, and for a machine that stands still until it has ended and is busy afterwards.
    const docker: Pick<Docker, "start"> = {
      start(_args, { stdio }) {
        const child = start(["tar", "-C", folder, "-cf", "-", "./work.txt"], { stdio, label: "", detached: true });
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
        for (let thread = 0; thread < 8; thread += 1) pbkdf2("", "", 100_000, 64, "sha512", () => {});
        return child;
      },
    };
    await bringHome(docker, { container: "a", source: "/home", target: join(folder, "home"), label: "" });
    expect(await readFile(join(folder, "home/work.txt"), "utf8")).toBe("done");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
