import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable, Writable } from "node:stream";
import type { KnownSecret } from "@bottle/secret-scan";
import { gitEnvironment } from "../git/environment.ts";
import { run } from "../git/run.ts";
import type { Gitleaks } from "../gitleaks/find-gitleaks.ts";
import type { GateEvent, GateLimits, GitGateOptions } from "../options.ts";
import { answer, readQuestion } from "../receive/hook.ts";
import { judgePush } from "../receive/judge-push.ts";
import type { Verdict } from "../receive/verdict.ts";
import { serveCgi } from "./cgi.ts";
import type { Served } from "./open-repository.ts";
import { type GateRoute, readRoute } from "./route.ts";

/** What requests are answered with. */
export interface HandlerOptions {
  readonly options: GitGateOptions;
  readonly limits: GateLimits;
  readonly served: ReadonlyMap<string, Served>;
  readonly howToAsk: string;
  readonly gitleaks?: Gitleaks | undefined;
}

/** Answers the gate's requests. */
export interface Handler {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  freeze(): void;
  readonly thaw: () => void;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

type Git = Extract<GateRoute, { kind: "git" }>;
const noSecrets: readonly KnownSecret[] = [];

export function createHandler({ options, limits, served, howToAsk, gitleaks }: HandlerOptions): Handler {
  const underWay = new Set<Promise<void>>();
  let isFrozen = false;

  // What cannot be recorded may not pass, and nothing after it either.
  function record(event: GateEvent): boolean {
    try {
      options.onEvent?.(event);
      return true;
    } catch {
      isFrozen = true;
      return false;
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = readRoute(request.method ?? "", request.url ?? "");
    const repository = route.kind === "unknown" ? undefined : served.get(route.repository);
    if (isFrozen) return say(response, 503, `The git gate is frozen. ${howToAsk}`);
    if (route.kind === "unknown" || repository === undefined) return say(response, 404, `The git gate has no such repository; it has ${[...served.keys()].join(", ") || "none"}. The operator adds one in the bottle's manifest, under git.`);
    if (route.kind === "lfs") return sayLfs(response);
    if (route.path === "/info/refs" && !await isUpToDate(route, repository, response)) return;
    if (route.service === "push" && route.path === "/git-receive-pack") return push(route, repository, request, response);
    const { code } = await serveCgi({ request, response, command: backend(route, repository, request), onHook: () => {} });
    if (route.path === "/git-upload-pack") record({ op: "fetch", repository: route.repository, decision: "allow", reason: code === 0 ? "served" : "broken-off" });
  }

  async function isUpToDate({ repository: name, service }: Git, repository: Served, response: ServerResponse): Promise<boolean> {
    const fault = await repository.refresh();
    if (fault === undefined) return true;
    const isServed = service === "fetch" && repository.declared.stale === "allow" && await hasRefs(repository);
    const recorded = record({ op: service, repository: name, decision: isServed ? "allow" : "deny", reason: isServed ? "upstream-unreachable-stale" : "upstream-unreachable" });
    if (isServed && recorded) return true;
    say(response, 502, `The upstream of ${name} cannot be reached:\n${fault}\n${service === "fetch" ? "What is here already is served if the manifest says stale: allow." : "Nothing was pushed."}`);
    return false;
  }

  async function push(route: Git, repository: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
    await using turn = new AsyncDisposableStack();
    const judged = async (asks: Readable, answers: Writable): Promise<void> => {
      const question = await readQuestion(asks);
      if (question === undefined) return void answers.end();
      turn.use(await repository.exclusive.enter());
      const refs = question.updates.map(({ ref, old, new: next }) => ({ ref, ...(old !== undefined && { old }), ...(next !== undefined && { new: next }) }));
      const verdict = isFrozen ? frozen : await judgePush({
        onClean: (counts) => record({ op: "push", repository: route.repository, decision: "allow", reason: "clean", refs, ...counts }) && !isFrozen,
        repository: repository.declared, remote: repository.remote, limits, gitleaks, howToAsk, held: options.held,
        secrets: options.secrets?.() ?? noSecrets, canaries: options.canaries ?? noSecrets, packs: options.packs ?? [],
        git: (args, more) => ({ argv: ["git", "-C", repository.path, ...args], env: gitEnvironment(repository.scratch, more) }),
      }, question);
      const { accepted, reason, objects, bytes, findings } = verdict;
      record({
        op: "push", repository: route.repository, decision: accepted ? "allow" : "deny", reason,
        refs,
        ...(objects !== undefined && { objects }), ...(bytes !== undefined && { bytes }), ...(findings !== undefined && { findings }),
      });
      answer(answers, verdict);
    };
    let judging: Promise<void> | undefined;
    await serveCgi({
      request, response, command: backend(route, repository, request),
      onHook: (asks, answers) => void (judging = judged(asks, answers).catch(() => void answers.end())),
    });
    await judging;
  }

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    response.on("error", () => {});
    const serving = serve(request, response).catch(() => say(response, 500, "The git gate failed."));
    underWay.add(serving);
    void serving.finally(() => underWay.delete(serving));
  };
  return {
    handle,
    freeze: () => void (isFrozen = true),
    thaw: () => void (isFrozen = false),
    settled: async () => void await Promise.allSettled(underWay),
  };
}

const frozen: Verdict = { accepted: false, reason: "frozen", say: ["bottle: refused: the git gate is frozen."] };

async function hasRefs({ path, scratch }: Served): Promise<boolean> {
  const { stdout } = await run({ argv: ["git", "-C", path, "for-each-ref", "--count=1"], env: gitEnvironment(scratch) });
  return stdout.length > 0;
}

// RFC 3875; git-http-backend(1). REMOTE_USER is what allows a push at all.
function backend({ repository, path, service }: Git, { path: folder, scratch }: Served, request: IncomingMessage): Parameters<typeof serveCgi>[0]["command"] {
  const { headers } = request;
  const protocol = String(headers["git-protocol"] ?? "");
  const encoding = String(headers["content-encoding"] ?? "");
  return {
    argv: ["git", "http-backend"],
    env: gitEnvironment(scratch, {
      GIT_PROJECT_ROOT: folder.slice(0, folder.lastIndexOf("/")),
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${repository}.git${path}`,
      REQUEST_METHOD: request.method ?? "",
      QUERY_STRING: path === "/info/refs" ? `service=${service === "fetch" ? "git-upload-pack" : "git-receive-pack"}` : "",
      CONTENT_TYPE: String(headers["content-type"] ?? ""),
      REMOTE_USER: "agent",
      REMOTE_ADDR: "127.0.0.1",
      ...(headers["content-length"] === undefined ? {} : { CONTENT_LENGTH: headers["content-length"] }),
      ...(/^(?:x-)?gzip$/.test(encoding) ? { HTTP_CONTENT_ENCODING: encoding } : {}),
      ...(/^[a-z0-9=:]{1,200}$/.test(protocol) ? { GIT_PROTOCOL: protocol } : {}),
    }),
  };
}

function say(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.shouldKeepAlive = false;
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  response.end(`${text}\n`);
}

// As Git LFS shows it to its user (its docs/api/README.md).
function sayLfs(response: ServerResponse): void {
  response.writeHead(501, { "content-type": "application/vnd.git-lfs+json" });
  response.end(`${JSON.stringify({ message: "The git gate takes no Git LFS objects, since it could not scan them on their way. Commit the file itself, or ask the operator." })}\n`);
}
