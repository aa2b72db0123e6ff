import type { FixtureInternet } from "@bottle/fixture-internet";
import type { Proposal } from "@bottle/manifest";
import { expect } from "vitest";
import type { DevRig } from "./dev-bottle.ts";

/** A host of the fixture's that no route allows until it is asked for. */
export const wantedHost = "wanted.example.com";

const client = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "agent", version: "1" } };
const message = (body: object): string => `'${JSON.stringify({ jsonrpc: "2.0", ...body })}'`;

/**
 * A shell's way to ask: `ask PATH` waits for the operator and prints `state reason`; `reach PATH` prints the status of a request to the host.
 * On a line of input it does what is written there.
 */
export const askingAgent = `
post() { curl -sS -m 55 -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' "$@" http://supervise:9100/mcp; }
ask() {
  head=$(mktemp); post -D "$head" -d ${message({ id: 1, method: "initialize", params: client })} > /dev/null
  id=$(tr -d '\\r' < "$head" | sed -n 's/^[Mm][Cc][Pp]-[Ss]ession-[Ii]d: //p')
  post -H "mcp-session-id: $id" -d ${message({ method: "notifications/initialized" })}
  post -H "mcp-session-id: $id" -d "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":2,\\"method\\":\\"tools/call\\",\\"params\\":{\\"name\\":\\"egress-block\\",\\"arguments\\":{\\"host\\":\\"${wantedHost}\\",\\"method\\":\\"GET\\",\\"path\\":\\"$1\\",\\"justification\\":\\"the build wants $1\\"}}}" |
    grep -o '"structuredContent":{[^}]*' | sed -E 's/.*"state":"([a-z]+)".*/\\1 &/; s/ .*"reason":"([^"]*)".*/ \\1/; s/ "structuredContent.*//' | sed "s|^|answer: $1 |"
}
reach() { echo "status: $1 $(curl -sS -o /dev/null -w '%{http_code}' https://${wantedHost}$1 2>/dev/null)"; }
`;

/** Writes the bottle's manifest: nothing allowed, its agent may ask. */
export function askingManifest(rig: DevRig, internet: FixtureInternet): string {
  return [
    "---", "workspace: none   # nothing of the project", "egress:", "  # nothing yet", "  routes: []", `  hosts: ${JSON.stringify(internet.hostOverrides)}`,
    `  ca_files: ["${rig.home}/upstream.pem"]`, "supervise: true", "---", "",
  ].join("\n");
}

/** The one proposal that waits for a path. */
export async function waitingFor(rig: DevRig, path: string): Promise<Proposal> {
  const find = async (): Promise<Proposal | undefined> => (JSON.parse((await rig.run(["proposals", "--json"])).stdout) as readonly Proposal[])
    .find(({ ask }) => ask.kind === "egress" && ask.route.paths?.includes(path));
  await expect.poll(find, { timeout: 20_000, interval: 200 }).toBeDefined();
  const found = await find();
  if (found === undefined) throw new Error(`Nothing waits for ${path}.`);
  return found;
}
