import { describe, expect, test } from "vitest";
import { parseConfig } from "./parse-config.ts";

const key = `ssh-ed25519 ${"A".repeat(68)}`;
const base = "listen: 127.0.0.1:9418\ndirectory: data\n";
const app = `{ name: app, upstream: "ssh://git@git.example/a.git", known_host_key: ${key} }`;
const whole = `${base}repositories: [${app}]\n`;
const parse = (text: string): ReturnType<typeof parseConfig> => parseConfig(text, { file: "gate.yaml", folder: "/etc/git-gate" });
const problems = (text: string): readonly string[] => {
  const parsed = parse(text);
  return parsed.ok ? [] : parsed.problems.map(({ line, column, code, message, mend }) => `${line}:${column} ${code} ${message}${mend === undefined ? "" : ` → ${mend}`}`);
};
const one = (more: string): string => `${base}repositories:\n  - { name: app, upstream: "ssh://git@git.example/a.git", known_host_key: ${key}, ${more} }\n`;
const at = (upstream: string): string => `${base}repositories:\n  - { name: app, upstream: ${upstream}, known_host_key: ${key} }\n`;

describe("what is wrong is said at its place, with its mend", () => {
  test.each([
    ["an empty file", "", ["1:1 file-empty The file holds nothing. → At least: listen, directory and repositories"]],
    ["text", "hello", ["1:1 value-type The file must be a map, not text."]],
    ["a missing key", `listen: 127.0.0.1:1\nrepositories: [${app}]`, ["1:1 key-missing `directory` is missing. → Add a line: directory: …"]],
    ["an unknown key", `${whole}auditt: stdout\n`, ["4:1 key-unknown \"auditt\" is not a key here. → Did you mean audit?"]],
    ["a key of nothing", `${whole}zebra: 1\n`, ["4:1 key-unknown \"zebra\" is not a key here. → There are: listen, directory, repositories, allow_remote, hosts, allow_private, upstream_proxy, operator, secrets, canaries, packs, limits, gitleaks, audit, how_to_ask"]],
    ["a repeated key", `${whole}directory: b\n`, ["4:1 yaml-duplicate-key The key \"directory\" is here twice. → Keep one of the two."]],
    ["a bare port", whole.replace("127.0.0.1:9418", "9418"), ["1:9 listen-invalid \"9418\" is neither an address with a port nor the path of a socket. → 127.0.0.1:9418"]],
    ["a URL to listen on", whole.replace("127.0.0.1:9418", "http://127.0.0.1:9418/"), ["1:9 listen-invalid \"http://127.0.0.1:9418/\" is neither an address with a port nor the path of a socket. → 127.0.0.1:9418"]],
    ["a name to listen on", whole.replace("127.0.0.1:9418", "gate.example:9418"), ["1:9 listen-invalid \"gate.example:9418\" is neither an address with a port nor the path of a socket. → For example: 127.0.0.1:9418 or /run/git-gate/gate.sock"]],
    ["every address", whole.replace("127.0.0.1:9418", "0.0.0.0:9418"), ["1:9 listen-remote 0.0.0.0:9418 lets other machines in: whoever reaches the gate pushes with its keys. → Listen on 127.0.0.1, or say allow_remote: true where only your own programs reach that network."]],
    ["a home", whole.replace("data", "~/gate"), ["2:12 path-invalid \"~/gate\" starts with ~, which only a shell reads. → Write the path out, or relative to this file."]],
    ["no repositories", `${base}repositories: []\n`, ["3:15 value-empty `repositories` is an empty list, which could be read as all or as none. → Leave the key out, or name some."]],
    ["a name with .git", whole.replace("name: app", "name: app.git"), ["3:24 name-invalid \"app.git\" cannot be a repository's name. → Letters, digits, ., _ and -, without .git. For example: app"]],
    ["a path as a name", whole.replace("name: app", "name: ../app"), ["3:24 name-invalid \"../app\" cannot be a repository's name. → Letters, digits, ., _ and -, without .git. For example: app"]],
    ["two of one name", `${base}repositories:\n  - ${app}\n  - ${app.replace("/a.git", "/b.git").replace("app,", "App,")}\n`, ["5:13 name-taken Two repositories are called App. → Give each a name of its own."]],
    ["one upstream twice", `${base}repositories:\n  - ${app}\n  - { name: b, upstream: "https://git.example/a" }\n`, ["5:26 upstream-taken app is the same upstream, reached in another way. → Keep one."]],
    ["plain HTTP", at("http://git.example/a.git"), ["4:28 upstream-invalid \"http://git.example/a.git\" is not the address of a git upstream. → ssh://git@git.example/a.git"]],
    ["a folder", at("/srv/a.git"), ["4:28 upstream-invalid \"/srv/a.git\" is not the address of a git upstream. → For example: ssh://git@git.example.com/acme/app.git"]],
    ["a host and a path", at("git.example/acme/a.git"), ["4:28 upstream-invalid \"git.example/acme/a.git\" is not the address of a git upstream. → ssh://git@git.example/acme/a.git"]],
    ["an option in place of an upstream", at("\"-oProxyCommand=x\""), ["4:28 upstream-invalid \"-oProxyCommand=x\" is not the address of a git upstream. → For example: ssh://git@git.example.com/acme/app.git"]],
    ["a helper of git", at("\"ext::sh -c x\""), ["4:28 upstream-invalid \"ext::sh -c x\" is not the address of a git upstream. → For example: ssh://git@git.example.com/acme/app.git"]],
    ["a password in the URL", at("https://u:real@git.example/a.git"), ["4:28 upstream-invalid An upstream over HTTPS cannot have a user or a password. → Reach it over SSH, with identity_file."]],
    ["no host key", `${base}repositories:\n  - { name: app, upstream: "git@git.example:a.git" }\n`, ["4:28 host-key-missing Nothing says which host key is the upstream's, and none is trusted because it came first. → known_host_key: ssh-ed25519 AAAA… (compare what `ssh-keyscan -t ed25519 git.example` prints with what the host's operator says),\nor known_hosts: [/etc/ssh/ssh_known_hosts]"]],
    ["a line of known_hosts", whole.replace(key, `"git.example ${key}"`), [`3:86 host-key-invalid This is not a host key: its type, a space, and the key in base64. → known_host_key: ${key}`]],
    ["a fingerprint", whole.replace(key, "SHA256:abcdef"), ["3:86 host-key-invalid This is not a host key: its type, a space, and the key in base64. → For example: ssh-ed25519 AAAA…; `ssh-keyscan -t ed25519 HOST` prints it, to be compared with what the host's operator says."]],
    ["two ways to a host key", one("known_hosts: [k]"), ["4:170 host-key-twice With known_host_key no other key counts. → Keep one of the two."]],
    ["a key for HTTPS", `${base}repositories:\n  - { name: app, upstream: "https://git.example/a.git", identity_file: k }\n`, ["4:72 ssh-only `identity_file` is for SSH, and app is reached over HTTPS. → Use its ssh:// address, or remove identity_file."]],
    ["a ref as a branch", one("push: [refs/heads/agent/x]"), ["4:164 branch-invalid \"refs/heads/agent/x\" names a ref; branches are meant. → agent/x"]],
    ["a branch that cannot be", one("push: [\"a..b\"]"), ["4:164 branch-invalid \"a..b\" is not a pattern of branches. → For example: \"agent/**\""]],
    ["no branch", one("push: []"), ["4:163 value-empty `repositories[0].push` is an empty list, which could be read as all or as none. → Leave the key out, or name some."]],
    ["one branch, no list", one("push: main"), ["4:163 value-type `repositories[0].push` must be a list, not text. → [main]"]],
    ["an unquoted star", one("push: [**]"), ["4:164 yaml-alias \"**\" is a YAML alias, which is not read. → If it is text, quote it: \"**\""]],
    ["yes", one("tags: yes"), ["4:163 value-type `repositories[0].tags` must be true or false, not text. → true"]],
    ["an unknown word", one("stale: alow"), ["4:164 value-unknown `repositories[0].stale` cannot be \"alow\". → Did you mean allow? There are: allow, refuse"]],
    ["a secret's value in the file", `${whole}secrets: { T: s3cr3t-value }\n`, ["4:15 value-type `secrets.T` must say where the value is; the value itself does not belong in this file. → { env: DEPLOY_TOKEN } or { file: PATH }"]],
    ["a secret with two sources", `${whole}secrets: { T: { env: A, file: b } }\n`, ["4:15 source-invalid `secrets.T` must have one of env and file, not both of them. → For example: { env: DEPLOY_TOKEN }"]],
    ["a name with a dash", `${whole}secrets: { a-b: { env: A } }\n`, ["4:12 name-invalid A name is letters, digits and _, not a digit first. → For example: DEPLOY_TOKEN. A value does not belong in this file."]],
    ["a limit of nothing", `${whole}limits: { objects: 0 }\n`, ["4:20 value-invalid `limits.objects` cannot be \"0\". → A whole number from 1 to 9007199254740991"]],
    ["a use of gitleaks", `${whole}gitleaks: { use: always }\n`, ["4:18 value-unknown `gitleaks.use` cannot be \"always\". → There are: if-present, required, off"]],
    ["a fixed host that is a name", `${whole}hosts: { git.example: elsewhere }\n`, ["4:23 address-invalid \"elsewhere\" is not an address. → For example: 10.0.0.5, 10.0.0.5:8443 or \"[fd00::5]:8443\""]],
    ["a proxy of another kind", `${whole}upstream_proxy: { url: "socks5://proxy:1080" }\n`, ["4:24 option-invalid upstream_proxy.url: \"socks5://proxy:1080\" must be http://host:port or https://host:port, without a path; a login goes into upstream_proxy.credential."]],
    ["a control socket where programs connect", `${whole.replace("127.0.0.1:9418", "./gate.sock")}operator: { control: ./gate.sock }\n`, ["4:22 listen-taken ./gate.sock is listened on twice. → Give each its own; the operator's must not be the programs'."]],
    ["audit to a path", `${whole}audit: audit.jsonl\n`, ["4:8 value-unknown `audit` is stdout, or a map with a file. → For example: audit: { file: audit.jsonl }"]],
  ])("%s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

test("a whole file is read, and relative paths start from its folder", () => {
  const text = `${base}repositories:
  - name: app
    upstream: ssh://git@git.example:2222/acme/app.git
    identity_file: keys/app
    known_hosts: [known_hosts]
    push: ["agent/**"]
    tags: true
    force: ["agent/wip/*"]
    delete: []
    stale: allow
    review: true
  - { name: docs, upstream: "https://git.example/acme/docs.git", ca_file: ca.pem }
secrets: { A: { env: A }, B: { file: b } }
canaries: { C: { file: /run/c } }
packs: [pii]
hosts: { git.example: "10.0.0.5:2222" }
allow_private: [{ host: git.lan, port: 22, cidr: 10.0.0.0/8 }]
upstream_proxy: { url: "http://proxy.corp:3128", credential: { username: gate, password_file: proxy.password }, no_proxy: [lan], cas: [corp.pem] }
operator: { control: control.sock }
limits: { objects: 10, object_bytes: 20, bytes: 30, pack_bytes: 40, scan_seconds: 50 }
gitleaks: { use: required, program: bin/gitleaks }
audit: { file: audit.jsonl }
how_to_ask: ask Kim.
`;
  expect(parse(text)).toEqual({ ok: true, config: {
    listen: { host: "127.0.0.1", port: 9418 }, directory: "/etc/git-gate/data",
    repositories: [
      {
        name: "app", upstream: "ssh://git@git.example:2222/acme/app.git", identityFile: "/etc/git-gate/keys/app", knownHostsFiles: ["/etc/git-gate/known_hosts"],
        push: ["agent/**"], tags: true, force: ["agent/wip/*"], delete: [], stale: "allow", review: true,
      },
      { name: "docs", upstream: "https://git.example/acme/docs.git", caFile: "/etc/git-gate/ca.pem" },
    ],
    secrets: { A: { env: "A" }, B: { file: "/etc/git-gate/b" } }, canaries: { C: { file: "/run/c" } }, packs: ["pii"],
    limits: { objects: 10, objectBytes: 20, bytes: 30, packBytes: 40, scanMs: 50_000 },
    gitleaks: { use: "required", program: "/etc/git-gate/bin/gitleaks" }, audit: { file: "/etc/git-gate/audit.jsonl" },
    hosts: { "git.example": "10.0.0.5:2222" }, allowPrivate: [{ host: "git.lan", port: 22, cidr: "10.0.0.0/8" }],
    upstreamProxy: {
      proxy: "http://proxy.corp:3128", noProxy: ["lan"], cas: ["/etc/git-gate/corp.pem"], credential: { username: "gate", password: { file: "/etc/git-gate/proxy.password" } },
    },
    control: "/etc/git-gate/control.sock", howToAsk: "ask Kim.",
  } });
});
