import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { BottleError, type RunningSidecars, type ShownFiles, type SidecarsRequest } from "@bottle/backend-core";
import type { AuditHead, RenewableTokens, SidecarsConfig } from "@bottle/manifest";
import { answerTokenRequest, formatRecordLine, parseSealedLine, parseShowLine } from "@bottle/manifest/state";
import * as v from "valibot";
import { explainEngine } from "../engine/api.ts";
import { lastLine, type Docker } from "../engine/docker.ts";
import { attachTo, execIn } from "../engine/exec.ts";
import type { ProgramStreams } from "../engine/streams.ts";
import { inspectContainer } from "../engine/things.ts";
import { packFiles } from "../files/pack-files.ts";
import { filledMark, sidecarsFolder, sidecarsShown } from "./folders.ts";

const readyTimeoutMs = 30_000;
const stopSeconds = 3;
const keptErrorBytes = 4096;
const lastWordsMs = 500;

// Compose leaves a container's standard input open when who was attached to it goes (StdinOnce is false), so that attaching
// is no lifeline. An exec's input does end, with the client as with the connection; process 1 is docker's init, which hands
// the signal on. Its first line says that every volume is filled; after that come archives of what the agent is shown, each
// behind its size. Another exec for them would take a tenth of a second of every start. Each file is unpacked apart and moved into its
// place, where a reader finds the old one or the new one, whole; what is left of an archive that failed is read, so that the next
// begins where it should.
const unpack = [
  `cd ${sidecarsShown}`, "rm -rf .next", "mkdir .next", "tar -x -C .next -f -",
  `for file in $(cd .next && find . -type f); do mkdir -p "\${file%/*}" && mv -fT ".next/$file" "$file" || exit 1; done`,
  "rm -rf .next",
].join(" && ");
const lifeline = [
  `echo held; read -r _ && : > ${sidecarsFolder}/${filledMark}`,
  `while read -r bytes; do head -c "$bytes" | { ( ${unpack} ) && echo shown || echo "not shown"; cat > /dev/null; }; done`,
  `kill -TERM 1; sleep ${stopSeconds}; kill -KILL -1`,
].join("; ");

const readySchema = v.union([
  v.object({ ready: v.literal(true), caCertificate: v.string(), head: v.custom<AuditHead>((head) => parseSealedLine(JSON.stringify({ sealed: head })) !== undefined) }),
  v.object({ ready: v.literal(false), message: v.optional(v.string(), "") }),
]);

/** Sidecars in a container, and the way to the files they share with the agent. */
export interface AttachedSidecars extends RunningSidecars {
  /** Makes files the agent sees and can't change. @throws BottleError `launch-failed` */
  show(files: ShownFiles): Promise<void>;
}

/** Options of `attachSidecars`. */
export interface AttachOptions {
  readonly filled?: Promise<void>;
  readonly tokens?: RenewableTokens | undefined;
  readonly onShow?: SidecarsRequest["onShow"] | undefined;
  readonly onSealed?: SidecarsRequest["onSealed"] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives sidecars that wait in a running container their configuration, credentials included, on their standard input: that
 * way it is in no environment, argument, file or log of the engine's. Resolves once they say that every listener is up.
 * Before that, the volumes are marked as filled. When this process ends, however it ends, or the way to the engine breaks, they end.
 * @param container its name; made with `init` and `stdin_open`, without a terminal
 * @param options.filled when the bottle's volumes are
 * @param options.tokens what they may ask for again: names on their standard output, which the engine keeps, values on their input
 * @param options.onSealed told of checkpoints of the audit log
 * @param options.onShow told of the files that they want the agent to see
 * @throws BottleError `launch-failed` with what they said
 */
export async function attachSidecars(docker: Docker, container: string, config: SidecarsConfig, { filled, tokens, onShow, onSealed, signal }: AttachOptions = {}): Promise<AttachedSidecars> {
  signal?.throwIfAborted();
  const [line, stream] = await connect(docker, container, signal);
  const close = async (): Promise<void> => {
    await docker.run(["stop", "--time", String(stopSeconds), container]);
    // What they said last is still on its way.
    await Promise.race([stream.child.closed, delay(lastWordsMs)]);
    for (const { child } of [line, stream]) child.close();
    await Promise.all([line, stream].map(({ child }) => child.closed));
  };
  try {
    await Promise.all([nextLine(line, signal), filled]);
    line.child.stdin.write("filled\n");
    stream.child.stdin.write(`${JSON.stringify(config)}\n`);
    const { caCertificate, head } = readyIn(await nextLine(stream, signal));
    void heed(stream, { tokens, onShow, onSealed });
    const show: AttachedSidecars["show"] = async (files) => {
      const archive = packFiles(files);
      line.child.stdin.write(`${archive.length}\n`);
      line.child.stdin.write(archive);
      if (await nextLine(line, signal) !== "shown") throw notStarted("The files for the agent could not be made.");
    };
    const record: AttachedSidecars["record"] = (event) => void (stream.child.stdin.writable && stream.child.stdin.write(`${formatRecordLine(event)}\n`));
    return { caCertificate, head, record, show, ended: stream.child.closed.then(() => reasonOf(docker, container)), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A program in the sidecars' container, with its streams in our hands. */
interface Connection {
  readonly child: ProgramStreams;
  /** The lines of its standard output. */
  readonly lines: AsyncIterator<string, unknown>;
  /** The end of what it said on standard error. */
  said(): string;
}

/** The lifeline, and the sidecars themselves. @throws BottleError */
async function connect(docker: Docker, container: string, signal?: AbortSignal): Promise<readonly [Connection, Connection]> {
  const opened = await Promise.allSettled([
    execIn(docker.api, container, { argv: ["sh", "-c", lifeline], signal }).then(({ child }) => child),
    attachTo(docker.api, container, signal),
  ]);
  const [line, stream] = opened;
  if (line.status === "fulfilled" && stream.status === "fulfilled") return [connection(line.value), connection(stream.value)];
  for (const one of opened) if (one.status === "fulfilled") one.value.close();
  throw explainEngine("The sidecars could not be reached", opened.find((one) => one.status === "rejected")?.reason);
}

function connection(child: ProgramStreams): Connection {
  let kept = "";
  // Read to the end, so that what they say there never stops them; the engine keeps the whole log.
  child.stderr.on("data", (chunk: Buffer) => (kept = (kept + chunk.toString()).slice(-keptErrorBytes)));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), said: () => kept };
}

/** What they say once they run. Requests are answered each in its own time: a command that takes long holds up no other. */
async function heed({ lines, child }: Connection, { tokens, onShow, onSealed }: Pick<AttachOptions, "tokens" | "onShow" | "onSealed">): Promise<void> {
  try {
    for await (const line of { [Symbol.asyncIterator]: () => lines }) {
      const files = onShow && parseShowLine(line);
      const head = onSealed && parseSealedLine(line);
      if (files) onShow(files);
      else if (head) onSealed(head);
      else if (tokens) void answerTokenRequest(line, tokens).then((reply) => reply !== undefined && child.stdin.writable && child.stdin.write(`${reply}\n`));
    }
  } catch {
    // The way to the engine broke; `ended` says so.
  }
}

async function nextLine({ lines, child, said }: Connection, signal?: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(readyTimeoutMs);
  const stopped = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(stopped.reason);
  stopped.addEventListener("abort", onAbort, { once: true });
  try {
    const line = await Promise.race([lines.next(), aborted]);
    if (line.done !== true) return line.value;
    await Promise.race([child.closed, aborted]);
    throw notStarted(lastLine(said()) || "They ended without a word.");
  } finally {
    stopped.removeEventListener("abort", onAbort);
  }
}

function readyIn(line: string): { readonly caCertificate: string; readonly head: AuditHead } {
  const answer = v.safeParse(readySchema, parseJson(line));
  if (!answer.success) throw notStarted("What they said cannot be read.");
  if (!answer.output.ready) throw notStarted(answer.output.message);
  return answer.output;
}

function notStarted(reason: string): BottleError {
  return new BottleError("launch-failed", `The sidecars did not start. ${reason}`, { mend: "See the sidecars' log in the bottle's state directory; `bottle doctor --backend docker` looks at the engine." });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Being attached ends with the container, and also when the engine or the way to it goes. */
async function reasonOf(docker: Docker, container: string): Promise<string> {
  const state = await inspectContainer(docker.api, container).catch(() => "silence" as const);
  if (state === "silence") return "the engine does not answer";
  if (!state) return "their container was removed";
  if (state.isRunning) return "the connection to their container broke";
  return state.isOutOfMemory ? "their container ran out of memory" : `exit status ${state.exitCode} of their container`;
}
