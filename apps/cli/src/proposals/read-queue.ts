import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Grant, Proposal } from "@bottle/manifest";
import { parseGrants, parseProposal } from "@bottle/manifest/state";

const mostBytes = 1_048_576;
const atOnce = 32;

/** What a bottle's files say of its proposals, and which files cannot be read. */
export interface Queue {
  readonly proposals: readonly Proposal[];
  readonly unreadable: readonly string[];
}

/** Reads `supervise/queue` of a bottle whose sidecars do not run. Links and what is no file are left out as unreadable. */
export async function readQueue(supervise: string, identity: string): Promise<Queue> {
  const names = (await readdir(join(supervise, "queue")).catch((): string[] => [])).filter((name) => name.endsWith(".json")).sort();
  const read: (Proposal | string)[] = [];
  for (let from = 0; from < names.length; from += atOnce) {
    read.push(...await Promise.all(names.slice(from, from + atOnce).map((name) => readOne(name))));
  }
  return { proposals: read.filter((each) => typeof each !== "string"), unreadable: read.filter((each) => typeof each === "string") };

  async function readOne(name: string): Promise<Proposal | string> {
    const path = join(supervise, "queue", name);
    try {
      const proposal = parseProposal(await readPlain(path));
      return proposal.identity === identity && name === `${proposal.id}.json` ? proposal : path;
    } catch {
      return path;
    }
  }
}

/** Reads `supervise/grants.json`; none if it is not there. @throws ManifestError `grants-invalid`; an error of the system */
export async function readGrants(supervise: string): Promise<readonly Grant[]> {
  const text = await readPlain(join(supervise, "grants.json")).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? [] : parseGrants(text);
}

async function readPlain(path: string): Promise<string> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stat = await file.stat();
  if (!stat.isFile() || stat.size > mostBytes) throw new Error(`${path} is not a file of at most ${mostBytes} bytes`);
  return file.readFile("utf8");
}
