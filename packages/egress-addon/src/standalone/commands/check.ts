import { join } from "node:path";
import { exitStatus, formatListen, type PasswordSource, readCertificates, readLogin, readUpstreamProxy, StandaloneError, visible, type World } from "@bottle/standalone";
import type { TokenSource } from "../../credentials/sources/model.ts";
import type { StandaloneConfig } from "../config/config.ts";
import { readConfig } from "../config/read-config.ts";
import { readKnown } from "../service/read-secrets.ts";
import { readOnce } from "../tokens/token-store.ts";
import { describeAuthority, inspectAuthority } from "./authority-state.ts";
import { findProgram } from "./find-program.ts";

/** Checks a configuration without listening, running a command or making anything. @returns the exit status */
export async function check(world: World, options: { readonly config: string }): Promise<number> {
  const config = await readConfig(options.config, world.cwd);
  const { problems, notes } = await inspect(config, world);
  const lines: readonly (readonly [string, string])[] = [
    ["listen", formatListen(config.listen)],
    ["routes", routesText(config)],
    ["CA", describeAuthority(await inspectAuthority(config.caDirectory), join(config.caDirectory, "ca.pem"))],
    ["tokens", `${Object.keys(config.tokens).length}`],
    ["audit", config.audit === "stdout" ? "standard output" : config.audit.file],
    ["operator", operatorText(config)],
    ...(config.upstreamProxy ? [["through", `${config.upstreamProxy.proxy}${config.upstreamProxy.kind === "pipelock" ? " (pipelock)" : ""}`] as const] : []),
  ];
  world.out(`${visible(options.config)}: ${problems.length === 0 ? "fine" : "cannot start"}`);
  for (const [name, text] of lines) world.out(`  ${name.padEnd(9)} ${visible(text)}`);
  for (const note of notes) world.out(`  ! ${visible(note)}`);
  for (const problem of problems) world.err(`egress-addon: ${problem}`);
  return problems.length === 0 ? exitStatus.ok : exitStatus.start;
}

function routesText({ policy: { routes } }: StandaloneConfig): string {
  const count = (what: string, fits: (route: (typeof routes)[number]) => boolean): string => {
    const found = routes.filter(fits).length;
    return found === 0 ? "" : `, ${found} ${what}`;
  };
  return routes.length === 0 ? "none: nothing leaves" : `${routes.length}${count("with a credential", ({ auth }) => auth !== undefined)}${
    count("deny", ({ deny }) => deny === true)}${count("passed unread", ({ passthrough }) => passthrough === true)}`;
}

function operatorText({ operator: { listen, control } }: StandaloneConfig): string {
  const parts = [...(listen ? [formatListen(listen)] : []), ...(control === undefined ? [] : [control])];
  return parts.length === 0 ? "none: no metrics, no health, reload by SIGHUP alone" : parts.join(", ");
}

// What stops a start, and what only stops some requests.
async function inspect(config: StandaloneConfig, world: World): Promise<{ readonly problems: readonly string[]; readonly notes: readonly string[] }> {
  const problems: string[] = [];
  const attempt = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => problems.push(error instanceof StandaloneError ? error.message : String(error)));
  const readPassword = (source: PasswordSource): ReturnType<typeof readOnce> => readOnce(source, world.env);
  for (const file of config.upstreamCas) await attempt(readCertificates(file));
  if (config.proxyCredential) await attempt(readLogin("proxy_credential", config.proxyCredential, readPassword));
  await attempt(readKnown([...config.dlp.knownSecrets, ...config.dlp.canaries]));
  if (config.upstreamProxy) await attempt(readUpstreamProxy(config.upstreamProxy, readPassword));
  const authority = await inspectAuthority(config.caDirectory);
  if (authority.state === "unsafe") problems.push(authority.problem);
  const asked = await Promise.all(Object.entries(config.tokens).map(async ([name, source]) => ({ name, problem: await problemOf(source, world) })));
  const notes = asked.flatMap(({ name, problem }) => (problem === undefined ? [] : [`token ${name}: ${problem}; its routes refuse until it has a value`]));
  const loud = config.policy.routes.filter(({ passthrough }) => passthrough === true).map(({ host }) => `${host} passes unread: no method, path or secret in its tunnels is looked at`);
  const everything = config.policy.dangerouslyAllowAll === true ? ["dangerously_allow_all lets routes open every host there is"] : [];
  return { problems, notes: [...notes, ...loud, ...everything] };
}

// Commands may have effects, so they are only looked for.
async function problemOf(source: TokenSource, world: World): Promise<string | undefined> {
  if ("command" in source) {
    const [program = ""] = source.command;
    return findProgram(program, world) ? undefined : `${program} was not found`;
  }
  const read = await readOnce(source, world.env);
  return "problem" in read ? read.problem : undefined;
}
