import type { FixtureInternet } from "@bottle/fixture-internet";
import type { Proposal } from "@bottle/manifest";
import { expect } from "vitest";
import type { DevRig } from "./dev-bottle.ts";
import { runInProcess } from "./in-process.ts";
import type { BottleResult } from "./run-bottle.ts";

/** A host of the fixture's that no route allows until it is asked for. */
export const wantedHost = "wanted.example.com";

const client = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "agent", version: "1" } };
const message = (body: object): string => `'${JSON.stringify({ jsonrpc: "2.0", ...body })}'`;

/**
 * A shell's way to ask: `ask PATH` and `image LINE` wait for the operator and print `answer: WHAT STATE REASON`; `reach PATH` prints the status of
 * a request to the host, of its tunnel where that is refused, or `cut` for a tunnel that was opened and closed before there was an answer.
 */
export const askingAgent = `
post() { curl -sS -m 55 -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' "$@" http://supervise:9100/mcp; }
call() {
  head=$(mktemp); post -D "$head" -d ${message({ id: 1, method: "initialize", params: client })} > /dev/null
  id=$(tr -d '\\r' < "$head" | sed -n 's/^[Mm][Cc][Pp]-[Ss]ession-[Ii]d: //p')
  post -H "mcp-session-id: $id" -d ${message({ method: "notifications/initialized" })}
  post -H "mcp-session-id: $id" -d "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":2,\\"method\\":\\"tools/call\\",\\"params\\":{\\"name\\":\\"$1\\",\\"arguments\\":$2}}" |
    grep -o '"structuredContent":{[^}]*' | sed -E 's/.*"state":"([a-z]+)".*/\\1 &/; s/ .*"reason":"([^"]*)".*/ \\1/; s/ "structuredContent.*//' | sed "s|^|answer: $3 |"
}
ask() { call egress-block "{\\"host\\":\\"${wantedHost}\\",\\"method\\":\\"GET\\",\\"path\\":\\"$1\\",\\"justification\\":\\"the build wants $1\\"}" "$1"; }
image() { call capability-block "{\\"dockerfile\\":\\"ARG BASE\\\\nFROM \\$BASE\\\\nLABEL test=docker-image\\\\nUSER root\\\\n$1\\\\n\\",\\"justification\\":\\"the build wants it\\"}" image; }
reach() { echo "status: $1 $(curl -sS -o /dev/null -w '%{http_code} %{http_connect}' https://${wantedHost}$1 2>/dev/null | sed 's/^000 200/cut/; s/^000 //; s/ .*//')"; }
`;

/** Writes the bottle's manifest: nothing allowed, its agent may ask. */
export function askingManifest(rig: DevRig, internet: FixtureInternet): string {
  return [
    "---", "workspace: none   # nothing of the project", "egress:", "  # nothing yet", "  routes: []", `  hosts: ${JSON.stringify(internet.hostOverrides)}`,
    `  ca_files: ["${rig.home}/upstream.pem"]`, "supervise: true", "---", "",
  ].join("\n");
}

/** Commands of the operator's, at once. */
export type Operate = (...args: readonly string[]) => Promise<BottleResult>;

/** An operator of a rig's bottles. @param env names the engine, if they are on one */
export function operatorOf({ home, project }: DevRig, env: Readonly<Record<string, string>> = {}): Operate {
  return (...args) => runInProcess(home, args, { cwd: project, env }).ended;
}

/** The one proposal that waits for a path. */
export function waitingFor(operate: Operate, path: string): Promise<Proposal> {
  return waiting(operate, ({ ask }) => ask.kind === "egress" && ask.route.paths?.includes(path) === true);
}

/** The one proposal of another image that waits. */
export function waitingForImage(operate: Operate): Promise<Proposal> {
  return waiting(operate, ({ ask }) => ask.kind === "capability");
}

async function waiting(operate: Operate, isWanted: (proposal: Proposal) => boolean): Promise<Proposal> {
  let found: Proposal | undefined;
  const find = async (): Promise<Proposal | undefined> => found = (JSON.parse((await operate("proposals", "--json")).stdout) as readonly Proposal[]).find(isWanted);
  await expect.poll(find, { timeout: 30_000, interval: 200 }).toBeDefined();
  if (found === undefined) throw new Error("Nothing waits.");
  return found;
}
