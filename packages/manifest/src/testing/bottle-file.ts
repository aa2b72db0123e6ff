import { parseAgent, parseBottle, type AgentManifest, type BottleManifest } from "../index.ts";

/** A public key of a test server: valid in form, of no server. */
export const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

/** The example of DESIGN §5, with a whole host key. */
export const designExample = `---
# bottles/dev.md
backend: auto                       # auto | bubblewrap | docker | smolmachines
workspace: copy                     # copy (default) | bind | none
env:
  LOG_LEVEL: debug                  # literal
  DB_URL: { from_env: STAGING_DB }  # forwarded: value never in argv, plan output or logs
  API_KEY: { secret: true }         # asked for at start, no echo
git:
  - name: app
    upstream: ssh://git@git.example.com:22/acme/app.git
    identity_file: ~/.ssh/app_deploy
    known_host_key: ${hostKey}
egress:
  routes:
    - host: api.anthropic.com
      auth: { scheme: bearer, token_ref: CLAUDE_CODE_OAUTH_TOKEN }
    - host: registry.npmjs.org
      methods: [GET, HEAD]
    - host: "*.example.com"
      paths: ["/api/**"]
      dlp: warn                     # block (default) | warn | off
  dlp: { engine: builtin }          # builtin | pipelock (a second hop) | both
supervise: true
---
Text for people.
`;

/** Problems of a bottle's frontmatter as `line:column code message → mend`; lines count from the first line of the YAML. */
export function bottleProblems(yaml: string, file = "bottles/dev.md"): readonly string[] {
  return listed(parseBottle({ file, text: `---\n${yaml}\n---\n` }));
}

/** The same of an agent's. */
export function agentProblems(yaml: string, options: { readonly file?: string; readonly knownKinds?: readonly string[] } = {}): readonly string[] {
  return listed(parseAgent({ file: "agents/demo.md", ...options, text: `---\n${yaml}\n---\nDo it.\n` }));
}

/** A bottle that must be fine. */
export function bottle(yaml: string, name = "dev"): BottleManifest {
  const parsed = parseBottle({ file: `bottles/${name}.md`, text: `---\n${yaml}\n---\n` });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** An agent that must be fine. */
export function agent(yaml: string, name = "demo"): AgentManifest {
  const parsed = parseAgent({ file: `agents/${name}.md`, text: `---\n${yaml}\n---\nDo it.\n` });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function listed(parsed: ReturnType<typeof parseBottle | typeof parseAgent>): readonly string[] {
  if (parsed.ok) return [];
  return parsed.problems.map(({ line, column, code, message, mend }) => `${line - 1}:${column} ${code} ${message}${mend === undefined ? "" : ` → ${mend}`}`);
}
