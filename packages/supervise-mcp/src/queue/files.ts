import { createHash, randomUUID } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import { chmod, lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Proposal } from "@bottle/manifest";
import { askedText, formatProposal, parseProposal } from "@bottle/manifest/state";
import { SuperviseError } from "../errors.ts";

/** The files of a queue, one for each proposal. */
export interface QueueFiles {
  /** All proposals there are, oldest first. What cannot be read is set aside. */
  read(): Promise<readonly Proposal[]>;
  /** Writes a proposal whole. @throws SuperviseError `queue-failed`; then the file is as it was */
  save(proposal: Proposal, saving: Saving): Promise<void>;
  /** Best effort: one that stays is read again at the next start. */
  remove(id: string): Promise<void>;
}

/** What goes with a write. */
interface Saving {
  /** Called when all is written and only the name is missing; if it throws, nothing is changed. */
  readonly record: () => void;
  /** Called if after all it did not come about. */
  readonly retract: () => void;
}

/** Of one file, both ways. */
const mostBytes = 4_194_304;
const named = /^(p-[0-9a-z]{8})\.json$/;

/** SHA-256, in hex, of what is asked and why. */
export function hashOf({ ask, justification }: Pick<Proposal, "ask" | "justification">): string {
  return createHash("sha256").update(askedText(ask, justification)).digest("hex");
}

/** Bytes of a proposal's file; it is ASCII. */
export function bytesOf(proposal: Proposal): number {
  return formatProposal(proposal).length;
}

/**
 * Opens a queue's directory (0700), which is made if it is not there; what a write that was broken off left is removed.
 * @throws SuperviseError `queue-failed`
 */
export async function openFiles({ directory, identity, say }: { readonly directory: string; readonly identity: string; readonly say: (sentence: string) => void }): Promise<QueueFiles> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (!(await lstat(directory)).isDirectory()) throw new Error("it is not a directory");
    await chmod(directory, 0o700);
  } catch (cause) {
    throw failed(`The queue ${directory} cannot be used`, cause);
  }

  const setAside = async (name: string, why: string): Promise<void> => {
    const aside = `${name}.${randomUUID().slice(0, 8)}.set-aside`;
    await rename(join(directory, name), join(directory, aside));
    say(`${name} of the queue is not what bottle wrote and was set aside as ${aside}: ${why}`);
  };
  const readOne = async (entry: Dirent): Promise<Proposal | undefined> => {
    try {
      if (!entry.isFile()) throw new Error("it is not a file");
      return trusted(parseProposal(await readBounded(join(directory, entry.name))), entry.name, identity);
    } catch (error) {
      // A machine that is out of descriptors says nothing about the file.
      if (error instanceof Error && "syscall" in error) throw error;
      await setAside(entry.name, messageOf(error));
      return undefined;
    }
  };

  return {
    async read() {
      try {
        const entries = await readdir(directory, { withFileTypes: true });
        for (const { name } of entries.filter((entry) => entry.name.endsWith(".tmp"))) await rm(join(directory, name), { force: true, recursive: true });
        const proposals: Proposal[] = [];
        for (const entry of entries.filter(({ name }) => name.endsWith(".json"))) {
          const proposal = await readOne(entry);
          if (proposal) proposals.push(proposal);
        }
        return proposals.sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
      } catch (cause) {
        throw failed(`The queue ${directory} cannot be read`, cause);
      }
    },
    async save(proposal, saving) {
      const path = join(directory, `${proposal.id}.json`);
      const draft = `${path}.${randomUUID()}.tmp`;
      try {
        await using folder = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
        await writeThrough(draft, checkedText(proposal));
        saving.record();
        await rename(draft, path).catch((cause: unknown) => {
          saving.retract();
          throw cause;
        });
        // It is there; only a power cut could still undo it.
        await folder.sync().catch((error: unknown) => say(`The queue cannot be made safe against a power cut: ${messageOf(error)}`));
      } catch (cause) {
        await rm(draft, { force: true }).catch(() => undefined);
        throw failed(`Proposal ${proposal.id} cannot be kept as ${proposal.state}, so nothing was changed`, cause);
      }
    },
    async remove(id) {
      await rm(join(directory, `${id}.json`), { force: true }).catch((error: unknown) => say(`An old proposal cannot be removed: ${messageOf(error)}`));
    },
  };
}

// What would not be read again is not written.
function checkedText(proposal: Proposal): string {
  const text = formatProposal(proposal);
  if (text.length > mostBytes) throw new Error(`it would be larger than ${mostBytes} bytes`);
  parseProposal(text);
  return text;
}

async function writeThrough(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  await file.writeFile(text);
  await file.sync();
}

async function readBounded(path: string): Promise<string> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  if ((await file.stat()).size > mostBytes) throw new Error(`it is larger than ${mostBytes} bytes`);
  return file.readFile("utf8");
}

function trusted(proposal: Proposal, name: string, identity: string): Proposal {
  if (named.exec(name)?.[1] !== proposal.id) throw new Error("it has another proposal's name");
  if (proposal.identity !== identity) throw new Error("it is another bottle's");
  if (proposal.hash !== hashOf(proposal)) throw new Error("its hash is not that of what it asks");
  return proposal;
}

function failed(sentence: string, cause: unknown): SuperviseError {
  return new SuperviseError("queue-failed", `${sentence}: ${messageOf(cause)}. Mend that (room on the disk, permissions) and try again.`, { cause });
}

/** The message of an error, without its last dot. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
}
