import { agentKind } from "@bottle/agents";
import { endpoints } from "@bottle/backend-core";

/** Where supervise answers inside. */
export const superviseUrl = `http://${endpoints.supervise.host}:${endpoints.supervise.port}/mcp`;

/** What an operator is told of a bottle whose agent may ask; nothing of any other. */
export function asksLines({ supervise, kind }: { readonly supervise: boolean; readonly kind: string }): readonly string[] {
  if (!supervise) return [];
  const note = `A ${kind} has no MCP configuration that bottle could write: the program must be told of ${superviseUrl} itself.`;
  return ["for more while it runs, and you decide: `bottle proposals`", ...(agentKind(kind).hasMcp ? [] : [note])];
}
