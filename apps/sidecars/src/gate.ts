import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { credentialParts } from "@bottle/egress-addon";
import type { GateEvent, GitGate, GitGateOptions } from "@bottle/git-gate";
import type { GitEvent, SidecarsConfig } from "@bottle/manifest";
import type { Recorder } from "./audit/recorder.ts";
import type { KnownTokens } from "./tokens/known.ts";

type Secrets = ReturnType<NonNullable<GitGateOptions["secrets"]>>;

const howToAsk = "Ask the operator: what may be pushed is in the bottle's manifest, under git. Do not try other ways out, there are none.";

/**
 * The git gate of a bottle that declares upstreams; undefined for any other. It ends with the stack, and the files that it was given
 * with it. What cannot be recorded does not pass.
 * @throws GateError
 */
export async function startGate(config: SidecarsConfig, { stack, record, tokens, held, ownPorts }: {
  readonly stack: AsyncDisposableStack;
  readonly record: Recorder;
  readonly tokens: KnownTokens;
  /** Where held pushes wait, if the agent may ask for them. */
  readonly held: GitGateOptions["held"] | undefined;
  /** What the sidecars listen on. */
  readonly ownPorts: readonly number[];
}): Promise<GitGate | undefined> {
  const { git, listen: { gitGate: listen }, egress: { declaration, placeholders = {}, upstreamProxy: via } } = config;
  if (git === undefined || listen === undefined) return undefined;
  await makeFiles(git.files ?? {}, stack);
  // Few bottles have one, and all would load it.
  const { startGitGate } = await import("@bottle/git-gate");
  const { directory, repositories, knownHostsFiles } = git;
  return stack.use(await startGitGate({
    listen, directory, howToAsk, ...(held && { held }),
    hosts: declaration.hosts, allowPrivate: declaration.allowPrivate, ownPorts, ...(via && { via }),
    repositories: repositories.map((repository) => ({ ...repository, ...(knownHostsFiles && { knownHostsFiles }) })),
    secrets: () => knownSecrets(config, tokens),
    canaries: Object.entries(placeholders).map(([tokenRef, value]) => ({ name: `the stand-in for ${tokenRef}`, value })),
    packs: declaration.dlp.packs ?? [],
    onEvent: (event) => {
      if (!record(gitEvent(event, repositories))) throw new Error("The audit log cannot be written.");
    },
  }));
}

/** What the egress lets nobody send: credentials, each as its route takes it apart, and all that the bottle was told to keep. */
function knownSecrets({ egress: { declaration, secrets = [], upstreamProxy } }: SidecarsConfig, tokens: KnownTokens): Secrets {
  const credentials = tokens.entries().flatMap(({ tokenRef, value }) => {
    const parts = declaration.routes.flatMap(({ auth }) => (auth?.tokenRef === tokenRef ? credentialParts(auth, value) : []));
    return [...new Set([value, ...parts])].map((part) => ({ name: tokenRef, value: part }));
  });
  const login = upstreamProxy?.credential === undefined ? [] : [{ name: "the login of egress.upstream_proxy", value: upstreamProxy.credential.password }];
  return [...credentials, ...secrets, ...login];
}

/** In the stack before it is there, so that a start which fails half-way leaves none. */
async function makeFiles(files: Readonly<Record<string, string>>, stack: AsyncDisposableStack): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    stack.defer(() => rm(path, { force: true }));
    await rm(path, { force: true });
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
  }
}

// When the gate speaks with the upstream: before what it takes from there is served, and once a push is found clean.
const spokenWith: ReadonlySet<string> = new Set(["served", "broken-off", "clean", "accepted", "upstream-refused", "upstream-unreachable", "upstream-unreachable-stale"]);

function gitEvent(event: GateEvent, repositories: NonNullable<SidecarsConfig["git"]>["repositories"]): GitEvent {
  const identityFile = repositories.find(({ name }) => name === event.repository)?.identityFile;
  return { type: "git", ...event, ...(identityFile !== undefined && spokenWith.has(event.reason) && { identityFile: basename(identityFile) }) };
}
