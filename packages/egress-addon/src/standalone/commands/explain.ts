import { exitStatus, jsonLine, StandaloneError, type World } from "@bottle/standalone";
import { parseAuthority } from "@bottle/way-out";
import { readRequest, type RequestHead, type Tunnel } from "../../exchange/read-request.ts";
import { compilePolicy, type CompiledPolicy } from "../../policy/compile.ts";
import { decideTunnel } from "../../policy/decide.ts";
import { explain as explainDecision, type Explanation } from "../../policy/explain.ts";
import { formatExplanation } from "../../policy/format-explanation.ts";
import { type RefusalReason, refusals } from "../../policy/refusals.ts";
import { readConfig } from "../config/read-config.ts";

/** A request that `explain` is asked about. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  /** `Name: value` each. */
  readonly header: readonly string[];
  readonly websocket: boolean;
}

/** Says what the policy of a file decides on one request, and by which route; sends nothing. @returns 0 allowed, 1 refused */
export async function explain(world: World, asked: Asked, options: { readonly config: string; readonly json: boolean }): Promise<number> {
  const { policy } = await readConfig(options.config, world.cwd);
  const { isAllowed, text, json } = explainAll(compilePolicy(policy), asked);
  world.out(options.json ? jsonLine(json) : text.trimEnd());
  return isAllowed ? exitStatus.ok : exitStatus.refused;
}

interface Explained {
  readonly isAllowed: boolean;
  readonly text: string;
  readonly json: unknown;
}

function explainAll(policy: CompiledPolicy, asked: Asked): Explained {
  const { head, tunnel } = toHead(asked);
  const opened = tunnel && decideTunnel(policy, tunnel);
  if (opened?.decision === "allow" && opened.route.passthrough === true) {
    const text = `${tunnel?.host}:${tunnel?.port}\nallow\nA passthrough route (${opened.route.host}) lets the whole tunnel pass unread: no method, path or secret in it is looked at.`;
    return { isAllowed: true, text, json: { decision: opened, considered: [] } };
  }
  const read = readRequest(head, tunnel);
  if ("refused" in read) return refusedUnread(read.refused);
  // A header or the query may name another method; a route must allow each.
  const all = read.methods.map((method) => explainDecision(policy, { ...read, method, websocket: asked.websocket }));
  const decisive = all.find(({ decision }) => decision.decision === "deny") ?? all[0];
  if (decisive === undefined) return refusedUnread("request-malformed");
  return { isAllowed: decisive.decision.decision === "allow", text: formatExplanation(decisive), json: withoutInput(decisive) };
}

function refusedUnread(reason: RefusalReason): Explained {
  const { layer, retry, message } = refusals[reason];
  return { isAllowed: false, text: `deny: ${reason} (layer ${layer}, retry ${retry})\n${message}`, json: { decision: { decision: "deny", layer, reason, retry, message }, considered: [] } };
}

function withoutInput({ decision, considered }: Explanation): unknown {
  return { decision, considered };
}

// As a client would send it: https through CONNECT, http as a whole URL.
function toHead({ method, url, header, websocket }: Asked): { readonly head: RequestHead; readonly tunnel: Tunnel | undefined } {
  const [, scheme = "", written = "", rest = ""] = /^(https?|wss?):\/\/([^/?#]*)([^#]*)/i.exec(url) ?? [];
  const secure = /^(?:https|wss)$/i.test(scheme);
  const authority = parseAuthority(written, secure ? 443 : 80);
  if (authority === undefined) throw new StandaloneError("usage", `${JSON.stringify(url)} is not a URL that a client could ask for.`, { mend: "For example: egress-addon explain GET https://api.example.com/v1/models" });
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  const headers = ["host", written, ...header.flatMap(toHeader), ...(websocket ? ["connection", "Upgrade", "upgrade", "websocket"] : [])];
  const head = { method: method.toUpperCase(), target: secure ? path : `http://${written}${path}`, headers, httpVersion: "1.1", isUpgrade: websocket === true, hasBody: false };
  return { head, tunnel: secure ? { ...authority, secure } : undefined };
}

function toHeader(written: string): readonly string[] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*?)\s*$/.exec(written) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new StandaloneError("usage", `${JSON.stringify(written)} is not a header.`, { mend: "For example: --header 'X-HTTP-Method-Override: DELETE'" });
}
