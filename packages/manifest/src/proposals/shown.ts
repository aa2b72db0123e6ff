import { cut, stripped, visible, visibleLines } from "../text/visible.ts";
import type { Ask, AskedRoute, Proposal } from "./model.ts";

/** A proposal's texts as a person may see them, on a terminal too. The file of the queue keeps them as the agent wrote them. */
export interface ShownProposal {
  /** What is asked, in one line. */
  readonly ask: string;
  /** Why, in the agent's words: control, bidirectional and invisible characters are taken out; at most 20 lines and 2000 characters. */
  readonly justification: string;
  /** What an image would be made from, line by line; what cannot be seen is written as `\u{202e}`, so that nothing hides. At most 65 536 characters. */
  readonly dockerfile?: string;
}

const mostLines = 20;
const longestJustification = 2000;
const longestDockerfile = 65_536;
const longestLine = 400;

/** The shown form of what the agent asks and why. */
export function shownProposal({ ask, justification }: Pick<Proposal, "ask" | "justification">): ShownProposal {
  return {
    ask: shownAsk(ask),
    justification: shownJustification(justification),
    ...(ask.kind === "capability" && { dockerfile: cut(visibleLines(ask.dockerfile), longestDockerfile) }),
  };
}

/** What is asked, in one line of at most about 400 characters: `GET api.example.com:443 /v1/**`. */
export function shownAsk(ask: Ask): string {
  return cut(visible(describe(ask)), longestLine);
}

/** A route as it may be asked for, in one line: `GET api.example.com:443 /v1/**`. */
export function shownRoute({ host, ports, methods, paths }: AskedRoute): string {
  return cut(visible(`${methods?.join("|") ?? "any method"} ${host}${ports ? `:${ports.join(",")}` : ""} ${paths?.join(" ") ?? "any path"}`), longestLine);
}

function describe(ask: Ask): string {
  switch (ask.kind) {
    case "egress": return shownRoute(ask.route);
    case "pipelock": return `through the second hop: ${shownRoute(ask.route)}`;
    case "capability": return `another image: a Dockerfile of ${ask.dockerfile.trimEnd().split("\n").length} lines`;
    case "push": return describePush(ask.push);
  }
}

function describePush({ repository, updates, findings, review, unlisted = 0 }: Extract<Ask, { kind: "push" }>["push"]): string {
  const refs = updates.slice(0, 3).map(({ ref, new: next }) => (next === undefined ? `${ref} (delete)` : ref)).join(", ");
  const more = updates.length > 3 ? ` and ${updates.length - 3} more` : "";
  const why = [findings.length > 0 ? `${findings.length} found in it` : "", review.length > 0 ? `${review.length} to look at` : "", unlisted > 0 ? `${unlisted} more` : ""].filter(Boolean).join(", ");
  return `a held push to ${repository}: ${refs}${more}${why === "" ? "" : ` (${why})`}`;
}

function shownJustification(text: string): string {
  const lines = stripped(text).trim().replace(/\n{3,}/g, "\n\n").split("\n");
  const more = lines.length > mostLines ? `\n… (${lines.length - mostLines} more lines)` : "";
  return `${cut(lines.slice(0, mostLines).join("\n"), longestJustification)}${more}`;
}
