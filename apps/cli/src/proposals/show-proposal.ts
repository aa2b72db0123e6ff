import { describeRoute } from "@bottle/backend-core";
import { routeLines, type Ask, type AskedPush, type AskedRoute, type Proposal, type ProposalDecision, type Route } from "@bottle/manifest";
import { shownAsk, shownProposal } from "@bottle/manifest/state";
import { ageOf, span } from "../output/age.ts";
import { lineDiff, linesOf } from "../output/line-diff.ts";
import { quoted } from "../output/quoted.ts";
import type { Style } from "../output/style.ts";
import { visible } from "../output/visible.ts";
import { describeChange, describeFinding } from "../services/git-line.ts";
import { additionOf } from "./additions.ts";
import { describeLifetime } from "./lifetime.ts";

/** What a proposal is to be seen against. */
export interface Background {
  /** Routes in force, grants included; undefined if nobody can tell. */
  readonly inForce: readonly Route[] | undefined;
  /** The Dockerfile the bottle's image is made from; absent: it is the common image. */
  readonly dockerfile?: string;
  readonly now: Date;
  readonly style: Style;
}

/** A proposal for a person to decide on, line by line: nothing that it would do is left out, and nothing the agent wrote can move, hide or pass for bottle's words. */
export function showProposal(proposal: Proposal, background: Background): readonly string[] {
  const { id, identity, state, createdAt, expiresAt, ask, hash, decision, failure } = proposal;
  const { style, now } = background;
  const left = Date.parse(expiresAt) - now.getTime();
  const { justification } = shownProposal(proposal);
  return [
    style.bold(`${id} of ${identity}: ${state}, asked ${ageOf(createdAt, now)} ago${state === "pending" ? `, ${left > 0 ? `given up in ${span(left)}` : "about to be given up"}` : ""}`),
    `asks for ${kinds[ask.kind]}`,
    ...showAsk(ask, background),
    "the agent's reason:",
    ...quoted(visible(justification === "" ? "(none)" : justification, { keepLines: true })),
    ...(decision ? [`decided: ${describeDecision(proposal, decision)}`] : []),
    ...(failure === undefined ? [] : [style.bad(`failed: ${visible(failure)}`)]),
    style.dim(`hash ${hash}`),
  ];
}

const kinds: Readonly<Record<Ask["kind"], string>> = {
  egress: "a route", pipelock: "a host to be let through the second hop, pipelock", capability: "another image to run in", push: "a push to be let through",
};

/** Who decided what, and when: `approved by ann@desk at …, once: "reason"`. */
export function describeDecision({ state }: Pick<Proposal, "state">, { by, at, reason, until, uses, always }: ProposalDecision): string {
  const lifetime = until === undefined && uses === undefined ? "" : `, ${describeLifetime({ ...(until !== undefined && { until }), ...(uses !== undefined && { uses }) })}`;
  return visible(`${state === "rejected" ? "rejected" : "approved"} by ${by} at ${at}${lifetime}${always === true ? ", in the manifest as well" : ""}${reason === undefined ? "" : `: ${reason}`}`);
}

/** A route that is asked for, as the change of the policy that it is, and in words. */
export function showRoute(route: AskedRoute, { inForce, style }: Background, asked?: AskedRoute): readonly string[] {
  const lines = asked === undefined ? routeLines(route).map((text) => ({ mark: "+" as const, text })) : lineDiff(routeLines(asked), routeLines(route));
  const diff = lines.flatMap(({ mark, text }) => quoted(visible(text), `  ${mark} `, `  ${mark}… `).map((line) => painted(style, mark, line)));
  if (inForce === undefined) return [...diff, style.bad("  what is in force cannot be told")];
  const { sentence, before, careful } = additionOf(route, inForce);
  return [
    ...before.map((line) => `    ${visible(line)}`), ...diff, `  it ${visible(sentence)}`,
    ...careful.map((words) => style.bad(`  careful: ${visible(words)}`)),
  ];
}

/** Routes as `showRoute` takes them: those of the manifest, and what was granted. */
export function routesInForce(declared: readonly Route[], granted: readonly { readonly kind: string; readonly route: AskedRoute }[]): readonly Route[] {
  return [...declared, ...granted.filter(({ kind }) => kind === "egress").map(({ route }) => route)];
}

function showAsk(ask: Ask, background: Background): readonly string[] {
  switch (ask.kind) {
    case "egress": return showRoute(ask.route, background);
    case "pipelock": return [`  + ${visible(describeRoute(ask.route))}`, "  pipelock then lets this host through; which requests may go there is still the routes' to say"];
    case "capability": return showDockerfile(ask, background);
    case "push": return showPush(ask.push, background);
  }
}

function showDockerfile(ask: Extract<Ask, { readonly kind: "capability" }>, { dockerfile = "", style }: Background): readonly string[] {
  const asked = shownProposal({ ask, justification: "" }).dockerfile ?? "";
  const present = shownProposal({ ask: { kind: "capability", dockerfile }, justification: "" }).dockerfile ?? "";
  const diff = lineDiff(linesOf(present), linesOf(asked)).flatMap(({ mark, text }) => quoted(text, `  ${mark} `, `  ${mark}… `).map((line) => painted(style, mark, line)));
  return [
    ...diff,
    `  it ${dockerfile === "" ? "takes the place of the common image" : "takes the place of the image this bottle has now"}; the bottle is stopped, and its resume builds it`,
    style.bad("  careful: the steps run as root in the build, with the network that the engine gives builds: the bottle's routes do not hold there"),
    ...(/^\s*FROM\s+\$(?:BASE|\{BASE\})/im.test(ask.dockerfile) ? [] : [style.bad("  careful: it is not built upon bottle's image (`ARG BASE`, then `FROM ${BASE}`); the resume would refuse it")]),
  ];
}

function showPush({ repository, updates, findings, review, unlisted = 0 }: AskedPush, { style }: Background): readonly string[] {
  return [
    ...updates.map((update) => style.good(`  + ${visible(`${repository}: ${describeChange(update)}`)}`)),
    ...findings.flatMap((finding) => quoted(visible(describeFinding(finding)), "  found: ", "       … ").map(style.bad)),
    ...review.flatMap((path) => quoted(visible(path), "  look at: ", "         … ").map(style.bad)),
    ...(unlisted > 0 ? [style.bad(`  careful: ${unlisted} more that were found or are to be looked at are not listed here, and would pass as well`)] : []),
    "  it lets exactly these objects through to the upstream, and nothing else",
  ];
}

function painted(style: Style, mark: "+" | "-" | " ", line: string): string {
  return mark === "+" ? style.good(line) : mark === "-" ? style.bad(line) : line;
}

/** A proposal in a line of a list: what, and the beginning of why. */
export function rowOf({ ask, justification }: Proposal, most: { readonly what: number; readonly why: number }): readonly [string, string] {
  return [shortened(shownAsk(ask), most.what), shortened(visible(shownProposal({ ask, justification }).justification.replaceAll("\n", " ")), most.why)];
}

function shortened(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}
