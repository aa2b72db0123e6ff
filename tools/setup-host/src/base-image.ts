import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** Where and of what the base image is made. */
export interface BaseImageOptions {
  /** Keeps the packed file system here between calls; default: nowhere. */
  readonly cache?: string | undefined;
  /** Where debootstrap fetches from; default: its own choice. */
  readonly mirror?: string | undefined;
  readonly say: (line: string) => void;
}

const suite = "bookworm";
// What the Dockerfiles of images/agent and images/sidecars would install by apt-get; --variant=minbase has perl-base, tar and bash.
const packages = ["ca-certificates", "curl", "git", "openssh-client", "openssl", "procps"];
// Nothing that runs needs these, and they are a third of it.
const unneeded = ["var/cache/apt", "var/lib/apt/lists", "var/cache/debconf", "usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "var/log"];
const recipe = createHash("sha256").update(JSON.stringify([suite, packages, unneeded])).digest("hex").slice(0, 12);

/** The image's name: it changes with what is in it. */
const baseImageName = `bottle-base:${recipe}`;

/**
 * Makes a base image of Debian's packages by debootstrap, for machines that reach no image registry; an image of that name
 * is left as it is. Needs root. About 75 s the first time.
 * @returns the image's name
 */
export async function makeBaseImage({ cache, mirror, say }: BaseImageOptions): Promise<string> {
  if ((await execa("docker", ["image", "inspect", baseImageName], { reject: false })).exitCode === 0) return baseImageName;
  const work = await mkdtemp(join(tmpdir(), "bottle-base-"));
  try {
    const tarball = join(cache ?? work, `base-${recipe}.tar`);
    if (!await access(tarball, constants.R_OK).then(() => true, () => false)) await packBase(tarball, { work, mirror, say });
    say(`Importing ${baseImageName} …`);
    await execa("docker", ["import", "--change", "LABEL bottle.image=base", "--change", 'CMD ["/bin/sh"]', tarball, baseImageName]);
    return baseImageName;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function packBase(tarball: string, { work, mirror, say }: { readonly work: string; readonly mirror: string | undefined; readonly say: (line: string) => void }): Promise<void> {
  const root = join(work, "root");
  say(`Making a base image of ${packages.length} packages and what they need, by debootstrap …`);
  await execa("debootstrap", ["--variant=minbase", `--include=${packages.join(",")}`, suite, root, ...(mirror === undefined ? [] : [mirror])], { all: true });
  await Promise.all(unneeded.map((path) => rm(join(root, path), { recursive: true, force: true })));
  // apt needs it to be there.
  await mkdir(join(root, "var/lib/apt/lists/partial"), { recursive: true });
  await mkdir(join(tarball, ".."), { recursive: true });
  const partial = `${tarball}.${process.pid}.partial`;
  await execa("tar", ["--create", "--file", partial, "--numeric-owner", "--sort=name", "--exclude=./dev/*", "--exclude=./proc/*", "--exclude=./sys/*", "--exclude=./run/*", "--directory", root, "."]);
  await rename(partial, tarball);
}
