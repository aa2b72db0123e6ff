import type { Ask, AskedRoute } from "@bottle/manifest";
import { askedRouteSchema, cut, stripped, visible } from "@bottle/manifest/state";
import * as v from "valibot";

/** What a tool was given, or what is wrong with it, in sentences for the agent. */
export type Input<T> = { readonly input: T } | { readonly fault: string };

const longestJustification = 2000;
const longestDockerfile = 65_536;
const justification = v.pipe(
  v.string(), v.maxLength(longestJustification, `it is longer than ${longestJustification} characters`),
  v.check((text) => stripped(text).trim() !== "", "it says nothing; say what you need this for"),
);
const routeInput = v.strictObject({
  host: v.pipe(v.string(), v.maxLength(253, "it is longer than a host name")),
  port: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
  method: v.exactOptional(v.pipe(v.string(), v.maxLength(32))),
  path: v.exactOptional(v.pipe(v.string(), v.maxLength(2048))),
  justification,
});
const capabilityInput = v.strictObject({
  dockerfile: v.pipe(
    v.string(), v.maxLength(longestDockerfile, `it is longer than ${longestDockerfile} characters`),
    v.check((text) => /^[ \t]*FROM[ \t]/im.test(text), "it has no line that begins with FROM"),
    v.check((text) => hiddenIn(text) === undefined, ({ input }) => hiddenIn(input) ?? ""),
  ),
  justification,
});
const pushInput = v.strictObject({ push: v.pipe(v.string(), v.regex(/^[!-~]{1,100}$/, "it is not an id as the gate says them")), justification });
const nothing = v.strictObject({});

/** A question of the agent. */
export interface Question {
  readonly ask: Ask;
  readonly justification: string;
}

/** The route that egress-block and pipelock-block ask for: one host, one port (443), one method (GET and HEAD), one path pattern (any). */
export function readRouteInput(kind: "egress" | "pipelock", given: unknown): Input<Question> {
  const read = judge(routeInput, given);
  if ("fault" in read) return read;
  const { host, port = 443, method, path } = read.input;
  if (/^[*.]*$/.test(host)) return { fault: "host: every host at once cannot be asked for; name the one that you need" };
  const asked = judge<AskedRoute>(askedRouteSchema, { host, ports: [port], methods: method === undefined ? ["GET", "HEAD"] : [method], ...(path !== undefined && { paths: [path] }) });
  return "fault" in asked ? asked : { input: { ask: { kind, route: asked.input }, justification: read.input.justification } };
}

/** The Dockerfile that capability-block asks for. */
export function readCapabilityInput(given: unknown): Input<Question> {
  const read = judge(capabilityInput, given);
  return "fault" in read ? read : { input: { ask: { kind: "capability", dockerfile: read.input.dockerfile }, justification: read.input.justification } };
}

/** The push that push-block asks for. */
export function readPushInput(given: unknown): Input<{ readonly push: string; readonly justification: string }> {
  return judge(pushInput, given);
}

/** Of a tool that is given nothing. */
export function readNothing(given: unknown): Input<object> {
  return judge(nothing, given);
}

function judge<T>(schema: v.GenericSchema<unknown, T>, given: unknown): Input<T> {
  const { success, output, issues } = v.safeParse(schema, given ?? {});
  if (success) return { input: output };
  const faults = issues.slice(0, 5).map((issue) => `${v.getDotPath(issue)?.replace(/s?\.\d+$/, "") ?? "the arguments"}: ${issue.message}`);
  return { fault: cut(visible(faults.join("; ")), 1000) };
}

// What is built is what the operator sees: a line that shows one thing and does another is not taken.
function hiddenIn(text: string): string | undefined {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => visible(line.replaceAll("\t", " ")) !== line.replaceAll("\t", " "));
  return at === -1 ? undefined : `line ${at + 1} has a character that cannot be seen: write it in another way`;
}
