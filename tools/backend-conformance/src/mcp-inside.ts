import type { Bottle } from "@bottle/backend-core";

/** What a call over MCP was answered with: a result, or an error. */
export interface McpReply {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

/** What a tool of supervise's answers. */
export interface ToolAnswer {
  readonly state: string;
  readonly reason?: string;
  readonly next: string;
}

const client = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "conformance", version: "1" } };
const longestMs = 60_000;

/** One method of supervise, called from inside by nothing but curl: initialize, then the call. @throws if no reply to it is found in the answer */
export async function callInside(bottle: Bottle, method: string, params: object = {}): Promise<McpReply> {
  const message = (body: object): string => quoted(JSON.stringify({ jsonrpc: "2.0", ...body }));
  const script = `set -e
post() { curl -sS -m 55 -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' "$@" http://supervise:9100/mcp; }
head=$(mktemp)
first=$(post -D "$head" -d ${message({ id: 1, method: "initialize", params: client })})
session=$(tr -d '\\r' < "$head" | sed -n 's/^[Mm][Cc][Pp]-[Ss]ession-[Ii]d: //p')
if [ ${quoted(method)} = initialize ]; then echo "$first"; exit; fi
post -H "mcp-session-id: $session" -d ${message({ method: "notifications/initialized" })}
post -H "mcp-session-id: $session" -d ${message({ id: 1, method, params })}`;
  const { stdout, stderr } = await bottle.exec(script, { signal: AbortSignal.timeout(longestMs) });
  const text = Buffer.from(stdout).toString();
  const replies = text.split("\n").map(readMessage).filter((reply) => reply !== undefined && "id" in reply && reply.id === 1);
  const reply = replies.at(-1);
  if (reply === undefined) throw new Error(`${method} was not answered: ${text}${Buffer.from(stderr).toString()}`);
  return reply as McpReply;
}

/** Calls a tool. @returns its structured answer @throws if there is none */
export async function askInside(bottle: Bottle, name: string, input: object): Promise<ToolAnswer> {
  const { result, error } = await callInside(bottle, "tools/call", { name, arguments: input });
  if (result?.["structuredContent"] === undefined) throw new Error(`${name} has no answer: ${JSON.stringify(error ?? result)}`);
  return result["structuredContent"] as ToolAnswer;
}

// A message stands on a line of its own, in an answer of events behind "data: ".
function readMessage(line: string): object | undefined {
  try {
    return JSON.parse(line.replace(/^data: /, "")) as object;
  } catch {
    return undefined;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
