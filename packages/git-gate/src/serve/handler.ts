import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable, Writable } from "node:stream";
import { parseUpstream } from "@bottle/manifest/upstream";
import type { KnownSecret } from "@bottle/secret-scan";
import { gitEnvironment } from "../git/environment.ts";
import { run } from "../git/run.ts";
import type { Gitleaks } from "../gitleaks/find-gitleaks.ts";
import type { GateEvent, GateLimits, GitGateOptions } from "../options.ts";
import { answer, readQuestion } from "../receive/hook.ts";
import { judgePush } from "../receive/judge-push.ts";
import type { RefUpdate } from "../receive/ref-updates.ts";
import { frozenVerdict, retiredVerdict, unreadable } from "../receive/verdict.ts";
import { createScans } from "../scan/scan-push.ts";
import { backendCommand } from "./backend.ts";
import { serveCgi } from "./cgi.ts";
import { followCommands } from "./commands.ts";
import type { Found, Neighbour } from "./find-served.ts";
import { followFetch, refsOf } from "./follow-fetch.ts";
import { isMeant } from "./is-meant.ts";
import type { Served } from "./open-repository.ts";
import { isKnownCoding, readBody } from "./request-body.ts";
import { type GateRoute, type GitRoute, readRoute } from "./route.ts";
import { say, sayLfs, undeclared } from "./say.ts";
import type { Stock } from "./stock.ts";

/** What requests are answered with. */
export interface HandlerOptions {
  readonly options: GitGateOptions;
  readonly limits: GateLimits;
  readonly stock: Stock;
  readonly howToAsk: string;
  readonly gitleaks?: Gitleaks | undefined;
}

/** Answers the gate's requests. */
export interface Handler {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  freeze(): void;
  /** Also after what could not be recorded. */
  isFrozen(): boolean;
  readonly thaw: () => void;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

const changed = "The operator is just changing how this repository is declared. Try again.";
const noSecrets: readonly KnownSecret[] = [];
const mostRequests = 64;
/** As much as git takes of a fetch's wishes, and of a push's refs. */
const mostWishBytes = 10 * 1024 * 1024;
const mostCommandBytes = 4 * 1024 * 1024;
const idleMs = 300_000;
/** What git may allocate at once besides an object. */
const mostAllocation = 256 * 1024 * 1024;
/** git asks first whether it may push, with a flush. */
const probeBytes = 4;

export function createHandler({ options, limits, stock, howToAsk, gitleaks }: HandlerOptions): Handler {
  const underWay = new Set<Promise<void>>();
  const scans = createScans();
  let freezing = new AbortController();

  // What cannot be recorded may not pass, and nothing after it either.
  function record(event: GateEvent): boolean {
    try {
      options.onEvent?.(event);
      return true;
    } catch {
      freezing.abort();
      return false;
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isMeant(options.listen, request.headers.host)) return say(response, 421, "This git gate is reached by its address, or as localhost, and by no other name.");
    const route = readRoute(request.method ?? "", request.url ?? "");
    const found: Found = route.kind === "unknown" ? route : stock.find(route.repository);
    if (freezing.signal.aborted) return say(response, 503, `The git gate is frozen. ${howToAsk}`);
    if (underWay.size > mostRequests) return say(response, 503, "The git gate has too much to do at once. Try again.");
    if (found.kind === "neighbour") return serveNeighbour(route, found, response);
    if (route.kind === "unknown" || found.kind === "unknown") return say(response, 404, `The git gate has no such repository; it has ${stock.names.join(", ") || "none"}. The operator adds one in the bottle's manifest, under git.`);
    if (route.kind === "lfs") return sayLfs(response);
    const repository = found.served;
    using _request = repository.enter(response);
    if (repository.retired.aborted) return say(response, 503, changed);
    const isPushable = parseUpstream(repository.declared.upstream)?.transport !== "https";
    if (route.service === "push" && !isPushable) return refuseHttps(repository, response);
    if (!isKnownCoding(request.headers["content-encoding"])) return say(response, 415, "The git gate reads gzip and no other coding.");
    // Who fetches now pushes soon.
    if (route.path === "/info/refs" && isPushable) scans.prepare();
    if (!await isUpToDate(route, repository, response) || response.destroyed) return;
    if (route.path === "/git-receive-pack") return await push(route, repository, request, response);
    const followed = route.path === "/git-upload-pack" ? followFetch() : undefined;
    const body = readBody(request, { mostBytes: mostWishBytes, idleMs, check: (chunk) => void followed?.ask(chunk) });
    const { code, fault } = await serveCgi({ request, response, body, command: backendCommand(route, repository, request, { mostAllocation, mostWishBytes }), onAnswer: followed?.answer });
    if (fault !== undefined) say(response, 400, fault);
    if (followed === undefined) return;
    const refs = await refsOf(repository, followed.wants).catch(() => []);
    const objects = followed.objects();
    record({ op: "fetch", repository: repository.declared.name, decision: "allow", reason: code === 0 ? "served" : "broken-off", ...(refs.length > 0 && { refs }), ...(objects !== undefined && { objects }) });
  }

  // A fetch goes on to where it would have gone, as far as the way out lets it.
  function serveNeighbour(route: GateRoute, neighbour: Neighbour, response: ServerResponse): void {
    const { host, path } = neighbour;
    if (route.kind === "git" && route.service === "fetch" && route.path === "/info/refs") {
      return say(response, 302, "Not declared: fetched over HTTPS.", { location: `https://${host}/${path}/info/refs?service=git-upload-pack` });
    }
    record({ op: route.kind === "git" ? route.service : "fetch", repository: `${host}/${path}`, decision: "deny", reason: "undeclared" });
    say(response, 403, `${undeclared(neighbour)}\n${howToAsk}`);
  }

  function refuseHttps({ declared: { name, upstream } }: Served, response: ServerResponse): void {
    record({ op: "push", repository: name, decision: "deny", reason: "https-upstream" });
    say(response, 403, `${name} is declared as ${upstream}, and the git gate has no credential for HTTPS: it can be fetched, not pushed to. The operator declares its ssh:// address and an identity_file to allow pushes. ${howToAsk}`);
  }

  async function isUpToDate({ service, path }: GitRoute, repository: Served, response: ServerResponse): Promise<boolean> {
    const { name } = repository.declared;
    const isBegin = path === "/info/refs";
    // Nobody has to begin with the first step.
    const fault = await (isBegin ? repository.refresh() : repository.current());
    if (repository.retired.aborted) {
      say(response, 503, changed);
      return false;
    }
    if (fault === undefined) return true;
    const isServed = service === "fetch" && repository.declared.stale === "allow" && await hasRefs(repository);
    const recorded = isServed && !isBegin || record({ op: service, repository: name, decision: isServed ? "allow" : "deny", reason: isServed ? "upstream-unreachable-stale" : "upstream-unreachable" });
    if (isServed && recorded) return true;
    say(response, 502, `The upstream of ${name} cannot be reached:\n${fault}\n${service === "fetch" ? "What is here already is served if the manifest says stale: allow." : "Nothing was pushed."}`);
    return false;
  }

  async function push(route: GitRoute, repository: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { declared: { name } } = repository;
    const gone = new AbortController();
    const late = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort();
    });
    await using turn = new AsyncDisposableStack();
    turn.use(repository.receive());
    let isTold = false;
    const judged = async (asks: Readable, answers: Writable): Promise<void> => {
      const question = await readQuestion(asks);
      clearTimeout(timer);
      // Also if git has ended and nobody hears it.
      if (question === undefined) return answer(answers, unreadable);
      turn.use(await repository.exclusive.enter());
      const refs = question.updates.map(refOf);
      const outcome = freezing.signal.aborted ? frozenVerdict : repository.retired.aborted ? retiredVerdict : await judgePush({
        onClean: (counts) => record({ op: "push", repository: name, decision: "allow", reason: "clean", refs, ...counts }),
        repository: repository.declared, remote: repository.remote, scans, limits, gitleaks, howToAsk, held: options.held, gone: gone.signal, frozen: AbortSignal.any([freezing.signal, repository.retired]),
        secrets: options.secrets?.() ?? noSecrets, canaries: options.canaries ?? noSecrets, packs: options.packs ?? [],
        git: (args, more) => ({ argv: ["git", "-C", repository.path, ...args], env: gitEnvironment(repository.scratch, more) }),
      }, question);
      const verdict = outcome.reason === frozenVerdict.reason && !freezing.signal.aborted ? retiredVerdict : outcome;
      const { accepted, reason, objects, bytes, findings } = verdict;
      isTold = true;
      record({
        op: "push", repository: name, decision: accepted ? "allow" : "deny", reason, ...(reason !== "secret-in-ref" && { refs }),
        ...(objects !== undefined && { objects }), ...(bytes !== undefined && { bytes }), ...(findings !== undefined && { findings }),
      });
      answer(answers, verdict);
    };
    let timer: NodeJS.Timeout | undefined;
    let judging: Promise<void> | undefined;
    // What is uploaded may keep git busy without end.
    request.once("end", () => {
      timer = setTimeout(() => late.abort(), limits.scanMs);
    });
    const body = readBody(request, { mostBytes: limits.packBytes + mostCommandBytes, idleMs, check: followCommands(mostCommandBytes) });
    const { fault } = await serveCgi({
      request, response, body, command: { ...backendCommand(route, repository, request, { mostAllocation: limits.objectBytes + mostAllocation, mostWishBytes }), signal: late.signal },
      onHook: (asks, answers) => void (judging = judged(asks, answers).catch(() => void answers.end())),
    });
    clearTimeout(timer);
    await judging;
    if (!isTold && body.bytes() > probeBytes) record({ op: "push", repository: name, decision: "deny", reason: gone.signal.aborted ? "broken-off" : "git-refused" });
    if (fault !== undefined) say(response, 400, fault);
  }

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    response.on("error", () => {});
    const serving = serve(request, response).catch(() => say(response, 500, "The git gate failed."));
    underWay.add(serving);
    void serving.finally(() => underWay.delete(serving));
  };
  return {
    handle,
    isFrozen: () => freezing.signal.aborted,
    freeze() {
      freezing.abort();
      stock.disconnect();
    },
    thaw() {
      if (freezing.signal.aborted) freezing = new AbortController();
    },
    async settled() {
      await Promise.allSettled(underWay);
      // What had begun before may have connected once more.
      stock.disconnect();
      await scans.close();
    },
  };
}

function refOf({ ref, old, new: next }: RefUpdate): { readonly ref: string; readonly old?: string; readonly new?: string } {
  return { ref, ...(old !== undefined && { old }), ...(next !== undefined && { new: next }) };
}

async function hasRefs({ path, scratch }: Served): Promise<boolean> {
  const { stdout } = await run({ argv: ["git", "-C", path, "for-each-ref", "--count=1"], env: gitEnvironment(scratch) });
  return stdout.length > 0;
}
