import { describe, expect, test } from "vitest";
import { bottleProblems, hostKey } from "../testing/bottle-file.ts";

const recipe = (yaml: string): readonly string[] => bottleProblems(yaml).map((problem) => problem.replace(/^\S+ /, ""));
const mendOf = (problem: string): string => problem.split("Write instead:\n")[1] ?? "";

describe("keys of older manifests", () => {
  test.each([
    ["cred_proxy", `cred_proxy:
  routes:
    - path: /anthropic/
      upstream: https://api.anthropic.com
      auth_scheme: Bearer
      token_ref: CLAUDE_TOKEN`,
    `key-legacy \`cred_proxy\` is of an older bottle. The egress adds credentials now, by route. → Write instead:
egress:
  routes:
    - host: api.anthropic.com
      auth: { scheme: bearer, token_ref: CLAUDE_TOKEN }`],
    ["egress_proxy", `egress_proxy:
  routes:
    - host: api.github.com
      path_allowlist: [/repos/acme/**]
      auth: { scheme: token, token_ref: GH_TOKEN }
    - host: "*.example.com"`,
    `key-legacy \`egress_proxy\` is of an older bottle. Its routes are in \`egress\` now. → Write instead:
egress:
  routes:
    - host: api.github.com
      paths: ["/repos/acme/**"]
      auth: { scheme: token, token_ref: GH_TOKEN }
    - host: "*.example.com"`],
    ["tokens", "tokens: [{ Kind: anthropic, TokenRef: CLAUDE }, { Kind: own, TokenRef: OWN, Host: api.own.example }]",
      `key-legacy \`tokens\` is of an older bottle. A credential belongs to the route that uses it. → Write instead:
egress:
  routes:
    - host: api.anthropic.com
      auth: { scheme: bearer, token_ref: CLAUDE }
    - host: api.own.example
      auth: { scheme: bearer, token_ref: OWN }`],
    ["tokens as a map", "tokens: { github: GH_TOKEN }",
      `key-legacy \`tokens\` is of an older bottle. A credential belongs to the route that uses it. → Write instead:
egress:
  routes:
    - host: api.github.com
      auth: { scheme: bearer, token_ref: GH_TOKEN }`],
    ["tokens with nothing to go by", "tokens: 7",
      `key-legacy \`tokens\` is of an older bottle. A credential belongs to the route that uses it. → Write instead:
egress:
  routes:
    - host: api.example.com
      auth: { scheme: bearer, token_ref: NAME_OF_A_VARIABLE }`],
    ["ssh", `ssh:
  - Host: Git_Acme
    Hostname: git.acme.example
    User: forge
    Port: 2222
    IdentityFile: ~/.ssh/acme
    KnownHostKey: ${hostKey}`,
    `key-legacy \`ssh\` is of an older bottle. SSH goes through the git gate now, one upstream at a time. → Write instead:
git:
  - name: git-acme
    upstream: ssh://forge@git.acme.example:2222/OWNER/REPOSITORY.git
    identity_file: ~/.ssh/acme
    known_host_key: ${hostKey}`],
    ["egress.allowlist", "egress: { allowlist: [a.example.com, \"https://b.example.com/x\"] }",
      `key-legacy \`egress.allowlist\` is of an older bottle. Hosts are routes now. → Write instead:
egress:
  routes:
    - host: a.example.com
    - host: b.example.com`],
    ["egress.dlp_action", "egress: { dlp_action: warn }",
      `key-legacy \`egress.dlp_action\` is of an older bottle. Each route has its own \`dlp\` now. → Write instead:
egress:
  routes:
    - host: api.example.com
      auth: { scheme: bearer, token_ref: NAME_OF_A_VARIABLE }`],
  ])("%s: the mend is YAML to paste, made of the user's own values", (_, yaml, expected) => {
    expect(recipe(yaml)).toEqual([expected]);
    expect(bottleProblems(mendOf(expected))).toEqual([]);
  });

  test("the old action goes to every route of the old list", () => {
    expect(mendOf(recipe("egress: { allowlist: [a.example.com], dlp_action: warn }")[0] ?? "")).toBe(
      "egress:\n  routes:\n    - host: a.example.com\n      dlp: warn");
  });

  test.each([
    "cred_proxy: { routes: [{ upstream: \"https://a.test\\n- evil: x\", token_ref: \"T }\\nbackend: docker\" }] }",
    "tokens: { \"a: b\\n#\": \"X\\u202e\" }",
    "ssh: [{ Host: \"x\\nbackend: docker\", User: \"a b\", IdentityFile: \"~/x: y\" }]",
    "egress: { allowlist: [\"a\\n- b\", 7, null, [x], { host: \"*\" }] }",
    "egress_proxy: [[[]]]",
  ])("a hostile old value never gets out of its place in the mend: %s", (yaml) => {
    for (const problem of recipe(yaml)) expect(bottleProblems(mendOf(problem))).toEqual([]);
  });
});
