import type { AgentKind, HomeFile, McpServer } from "./model.ts";

/** The MCP server that every agent which may ask is told of, by where it is inside. */
export function superviseServer(url: string): McpServer {
  // The server answers within a minute, and says `pending` if nobody has decided by then.
  return { name: "supervise", url, toolTimeoutMs: 120_000, isShownAtOnce: true };
}

/** What a model is told of refusals and of how to ask: standing instructions, in Markdown. */
export const askingInstructions = `# When something is refused

You work in a bottle. Its only way out is a proxy that lets through the routes an operator wrote down, and every push goes through a
git gate. There is no other way out, so do not look for one. The operator can widen this while you work, if you ask.

A refusal is an answer, not a broken network:
- HTTP 403 with the header \`x-bottle-block-reason\` and a JSON body: \`layer\`, \`reason\`, \`host\`, \`method\`, \`path\`, \`retry\`, \`how_to_ask\`.
- Of https:// many programs show only that CONNECT was answered with 403; \`curl -sv URL\` shows the header.
- A refused \`git push\` says why on lines that begin with \`remote:\`.
\`retry\` says what helps: \`ask\` means that you may ask. \`never\` means that nobody can grant it: a private address, a secret in what you
send, a route that is written to be denied. Do not ask for those; do without.

Ask with the tools of the MCP server \`supervise\`:
- \`list-egress-routes\`: what is in force. /etc/bottle/current-config/routes.json has the same.
- \`egress-block\`: a route that you need. Name the host, the methods and the paths, and no more than you need: a narrow ask is granted sooner.
- \`pipelock-block\` (the second scanner), \`push-block\` (a push that is held), \`capability-block\` (another image), where they are listed.
A person decides by your \`justification\`: say in two sentences what you are doing and why it takes this. Never put a secret there.

- Approved and applied: it is in force. Do again what was refused.
- Rejected: read the reason. Do not ask for the same in other words; find another way, or say what is missing.
- Pending: nobody has decided yet. Go on with other work, then make the same call again: it asks nobody twice.
- Expired, withdrawn or failed: it is not in force; the answer says why.
`;

const skillName = "ask-the-operator";

/** The same as a skill, for a kind that has skills: found again when the standing instructions are far away. */
export function askingSkill({ skillsFolder }: Pick<AgentKind, "skillsFolder">): readonly HomeFile[] {
  if (skillsFolder === undefined) return [];
  const description = "What to do when a request, a push or a tool is refused in this bottle (403, x-bottle-block-reason, a failed CONNECT), and how to ask the operator for it";
  return [{ path: `${skillsFolder}/${skillName}/SKILL.md`, content: `---\nname: ${skillName}\ndescription: ${description}\n---\n\n${askingInstructions}` }];
}

/** The standing instructions of an agent that may ask: its own prompt, then how to ask. */
export function withAsking(prompt: string): string {
  return prompt === "" ? askingInstructions : `${prompt.trimEnd()}\n\n${askingInstructions}`;
}
