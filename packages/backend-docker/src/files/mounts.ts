import { createHash } from "node:crypto";
import { lstat } from "node:fs/promises";
import { BottleError, ending, readAll, start, type ReadOnlyMount } from "@bottle/backend-core";
import * as v from "valibot";
import { explainEngine } from "../engine/api.ts";
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
  const [content, mark] = await Promise.all([volume, done].map((name) => docker.api.get(`/volumes/${name}`, { signal: options.signal }))).catch((error: unknown) => Promise.reject(explainEngine("The volumes of the agent's program could not be seen", error)));
  if (content !== undefined && mark !== undefined) return requireOurs(volume, content, mark);
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

const plainVolume = v.object({ Driver: v.literal("local"), Options: v.nullish(v.strictObject({})), Labels: v.nullish(v.record(v.string(), v.string())) });

/** Takes a filled volume if it is a plain one; with options, it is a folder of the host's or a share, whoever made it. */
function requireOurs(volume: string, content: unknown, mark: unknown): string {
  if (v.is(plainVolume, content) && v.is(plainVolume, mark) && mark.Labels?.[filled] === volume) return volume;
  throw new BottleError("launch-failed", `The engine has a volume ${volume} that bottle did not fill.`, { mend: `See \`docker volume inspect ${volume}\`; remove it and ${volume}-filled with \`docker volume rm\`, then start again.` });
}

/** A hash over names, kinds, sizes, modes and times below a folder: a program's folder is written once and never changed. */
async function contentHash(source: string, label: string): Promise<string> {
  const child = start(["find", source, "-printf", "%P %y %s %m %T@ %l\\0"], { stdio: ["ignore", "pipe", "ignore"], label, detached: true });
  const [listing] = await Promise.all([readAll(child.stdout), ending(child)]);
  const lines = Buffer.from(listing).toString("latin1").split("\0").sort().join("\0");
  return createHash("sha256").update(lines).digest("hex").slice(0, 16);
}
