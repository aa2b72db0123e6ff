import { mkdir, open as openFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { endpoints, homePath, insideEnv, markProcess, namingFile, seccompFilter, settleAll, type OpenRequest, type ProcessMark, type ReadOnlyMount } from "@bottle/backend-core";
import { mounts } from "./argv.ts";
import { architecture } from "./bottle.ts";
import { startFirstProcess } from "./first-process.ts";
import { notRunning, type BottleHandle } from "./handle.ts";
import { createLimitGroup, limitGroupName } from "./limits/group.ts";
import type { LimitsSupport } from "./limits/detect.ts";
import { readProcLids } from "./proc-lids.ts";
import { startRelay } from "./relay/start-relay.ts";
import { ownEtcFiles, readSystemView } from "./system-view.ts";
import { prepareWorkspace, requireSeen } from "./workspace.ts";

/** A bottle that this process has started. */
export interface OpenedBottle {
  readonly handle: BottleHandle;
  readonly relayMark: ProcessMark;
  /** Host folder shown at /etc/bottle. */
  readonly shown: string;
  readonly cgroups: readonly string[];
}

/** The Node that bottle itself runs on, for agents and the demo: the machine's own may be missing or too old. */
const ownNode: ReadOnlyMount = { source: process.execPath, target: "/opt/bottle/bin/node" };

/** Where the relay finds the egress on the host. */
export function egressSocket(sockets: string): string {
  return join(sockets, "egress.sock");
}

/** Where it finds the git gate of a bottle that has one. */
export function gateSocket(sockets: string): string {
  return join(sockets, "git.sock");
}

/** Where the sidecars hear what the agent asks for. */
export function superviseSocket(sockets: string): string {
  return join(sockets, "supervise.sock");
}

/** Starts limits, relay and first process of a bottle; on failure or abort nothing of it is left. */
export async function openBottle(request: OpenRequest, support: LimitsSupport): Promise<OpenedBottle> {
  const { paths, signal, label } = request;
  await using stack = new AsyncDisposableStack();
  const log = stack.use(await openFile(join(paths.logs, "bottle.log"), "a", 0o600));
  const [group, relay, workspace, system, proc] = await settleAll([
    createLimitGroup(limitGroupName(label), request.spec.limits, support).then((made) => stack.use(made)),
    startRelay({ routes: relayRoutes(request), label, logFd: log.fd, signal }).then((made) => stack.use(made)),
    prepareWorkspace(request),
    writeOwnEtc(join(paths.root, "etc")).then(readSystemView),
    readProcLids(),
  ]);
  const joinLimits = group.procsFiles.length === 0 ? [] : ["sh", "-c", joinScript(group.procsFiles), "sh"];
  const first = stack.use(await startFirstProcess({
    relayPid: relay.pid,
    mounts: mounts({ system, proc, home: paths.home, shown: paths.shown, ...workspace, extra: [ownNode, ...request.spec.mounts] }),
    env: insideVariables(request),
    filter: seccompFilter(architecture()),
    arch: architecture(),
    prefix: joinLimits,
    label,
    signal,
  }));
  await requireSeen(first.pid, workspace.seen);
  const [firstMark, relayMark] = await Promise.all([markProcess(first.pid), markProcess(relay.pid), relay.ready]);
  if (!firstMark || !relayMark) throw notRunning(request.spec.identity);
  const resources = stack.move();
  return {
    handle: {
      identity: request.spec.identity, relay: relay.pid, first: first.pid, firstMark, label, joinLimits,
      terminalLog: join(paths.logs, "terminal.log"),
      end: () => resources.disposeAsync(),
    },
    relayMark,
    shown: paths.shown,
    cgroups: group.paths,
  };
}

/** The command line that moves itself into the limits and becomes what follows; it fails rather than run without them. */
export function joinScript(procsFiles: readonly string[]): string {
  return `${procsFiles.map((file) => `echo $$ > '${file}' || exit 125`).join("; ")}; exec "$@"`;
}

function relayRoutes({ spec, paths: { sockets } }: OpenRequest): readonly { readonly port: number; readonly unix: string }[] {
  const egress = { port: endpoints.egress.port, unix: egressSocket(sockets) };
  const gate = { port: endpoints["git-gate"].port, unix: gateSocket(sockets) };
  const supervise = { port: endpoints.supervise.port, unix: superviseSocket(sockets) };
  return [egress, ...(spec.git ? [gate] : []), ...(spec.supervise ? [supervise] : [])];
}

function insideVariables(request: OpenRequest): Record<string, string> {
  const { env, secretEnv } = request.spec;
  const secrets = Object.fromEntries(Object.entries(secretEnv).map(([name, value]) => [name, value.reveal()]));
  return { TERM: "xterm-256color", ...env, ...secrets, ...insideEnv(request.credential), BOTTLE_OWNED: request.label, PWD: homePath };
}

async function writeOwnEtc(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Promise.all(Object.entries(ownEtcFiles).map(([name, content]) => namingFile(join(folder, name), writeFile(join(folder, name), content))));
  return folder;
}
