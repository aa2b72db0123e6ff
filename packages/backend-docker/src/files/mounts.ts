import { createHash } from "node:crypto";
import { lstat } from "node:fs/promises";
import { BottleError, ending, readAll, start, type ReadOnlyMount } from "@bottle/backend-core";
import type { Docker } from "../engine/docker.ts";
import { noProxyArguments } from "../engine/no-proxies.ts";
import { fill } from "./fill.ts";
import { ownedLabel } from "../labels.ts";

/** A shared volume with a folder of the host's, shown read-only. */
export interface VolumeMount {
  readonly volume: string;
  readonly target: string;
}

const filled = "bottle.filled";

/**
 * Host folders as volumes, each filled once per content and shared by all bottles, so that a remote engine has them as
 * well. A volume says by a second, empty one that it was filled to the end.
 * @throws BottleError `spec-invalid` for a mount that is no folder
 */
export async function prepareMounts(docker: Docker, mounts: readonly ReadOnlyMount[], options: { readonly image: string; readonly label: string; readonly signal: AbortSignal }): Promise<readonly VolumeMount[]> {
  return await Promise.all(mounts.map(async ({ source, target }) => ({ volume: await volumeOf(docker, source, options), target })));
}

async function volumeOf(docker: Docker, source: string, options: { readonly image: string; readonly label: string; readonly signal: AbortSignal }): Promise<string> {
  if (!(await lstat(source)).isDirectory()) {
    throw new BottleError("spec-invalid", `${source} is not a folder; only folders can be shown in a Docker bottle.`, { mend: "Show the folder it is in." });
  }
  const volume = `bottle-mount-${await contentHash(source, options.label)}`;
  const done = `${volume}-filled`;
  const found = await docker.run(["volume", "inspect", "--format", `{{.Driver}} {{len .Options}} {{index .Labels "${filled}"}}`, volume, done], { signal: options.signal });
  if (found.exitCode === 0) return requireOurs(volume, Buffer.from(found.stdout).toString());
  const helper = `${volume}-${process.pid}-${Date.now()}`;
  await docker.must(["create", "--name", helper, "--network", "none", "--label", `${filled}=helper`, "--label", `${ownedLabel}=${options.label}`, ...noProxyArguments, "--volume", `${volume}:/content`, options.image, "true"], "A volume for the agent's program could not be made");
  try {
    await fill(docker, { container: helper, source, target: "/content", owner: "root", label: options.label, signal: options.signal });
    await docker.must(["volume", "create", "--label", `${filled}=${volume}`, done], "A volume could not be noted as filled");
  } finally {
    await docker.run(["rm", "--force", helper]);
  }
  return volume;
}

/** Takes a filled volume if it is a plain one; with options, it is a folder of the host's or a share, whoever made it. */
function requireOurs(volume: string, described: string): string {
  const [content, done] = described.trim().split("\n");
  if (content?.startsWith("local 0 ") && done === `local 0 ${volume}`) return volume;
  throw new BottleError("launch-failed", `The engine has a volume ${volume} that bottle did not fill.`, { mend: `See \`docker volume inspect ${volume}\`; remove it and ${volume}-filled with \`docker volume rm\`, then start again.` });
}

/** A hash over names, kinds, sizes, modes and times below a folder: a program's folder is written once and never changed. */
async function contentHash(source: string, label: string): Promise<string> {
  const child = start(["find", source, "-printf", "%P %y %s %m %T@ %l\\0"], { stdio: ["ignore", "pipe", "ignore"], label, detached: true });
  const [listing] = await Promise.all([readAll(child.stdout), ending(child)]);
  const lines = Buffer.from(listing).toString("latin1").split("\0").sort().join("\0");
  return createHash("sha256").update(lines).digest("hex").slice(0, 16);
}
