import { describe, expect, test } from "vitest";
import { bottleProblems, hostKey } from "../testing/bottle-file.ts";

type Row = readonly [yaml: string, ...problems: readonly string[]];

describe("env", () => {
  test.each<Row>([
    ["env: { A: x, _b1: \"\" }"],
    ["env: { 1A: x }", "1:8 env-name-invalid \"1A\" cannot be a variable's name: use letters, digits and _, not starting with a digit. → For example: _1A"],
    ["env: { HTTPS_PROXY: x }", "1:8 env-name-reserved HTTPS_PROXY cannot be set by a manifest: bottle sets the proxy variables to the egress. → Remove the line."],
    ["env: { all_proxy: x }", "1:8 env-name-reserved all_proxy cannot be set by a manifest: bottle sets the proxy variables to the egress. → Remove the line."],
    ["env: { LD_PRELOAD: x }", "1:8 env-name-reserved LD_PRELOAD cannot be set by a manifest: it acts on the dynamic linker before bottle's own checks have run. → Remove the line."],
    ["env: { PERL5OPT: x }", "1:8 env-name-reserved PERL5OPT cannot be set by a manifest: it acts on perl, in which bottle's own checks are written, before they have run. → Remove the line."],
    ["env: { PERL5LIB: { from_env: X } }", "1:8 env-name-reserved PERL5LIB cannot be set by a manifest: it acts on perl, in which bottle's own checks are written, before they have run. → Remove the line."],
    ["env: { BASH_ENV: x }", "1:8 env-name-reserved BASH_ENV cannot be set by a manifest: it acts on a shell before bottle's own checks have run. → Remove the line."],
    ["env: { PATH: x }", "1:8 env-name-reserved PATH cannot be set by a manifest: bottle sets it inside. → Remove the line."],
    ["env: { NODE_EXTRA_CA_CERTS: x }", "1:8 env-name-reserved NODE_EXTRA_CA_CERTS cannot be set by a manifest: bottle sets it inside. → Remove the line."],
    ["env: { BOTTLE_HOME: { secret: true } }", "1:8 env-name-reserved BOTTLE_HOME cannot be set by a manifest: names that begin with BOTTLE_ are bottle's own. → Remove the line."],
    ["env: { A: true }", "1:11 env-value A must be text; without quotes this is a boolean. → A: \"true\""],
    ["env: { A: 010 }", "1:11 env-value A must be text; without quotes this is a number. → A: \"010\""],
    ["env: { A: null }", "1:11 env-value A must be text; without quotes this is nothing. → A: \"null\""],
    ["env: { A: \"x\\0y\" }", "1:11 env-value A holds a NUL character, which no environment can."],
    ["env:\n  A:", "2:3 value-empty A has no value. → A: \"\""],
    ["env: { A: [x] }", "1:11 env-value A must be text, { from_env: NAME } or { secret: true }. → A: { from_env: A }"],
    ["env: { A: {} }", "1:11 env-value A must be text, { from_env: NAME } or { secret: true }. → A: { from_env: A }"],
    ["env: { A: { from_env: X, secret: true } }", "1:11 env-value A must be text, { from_env: NAME } or { secret: true }. → A: { from_env: A }"],
    ["env: { A: { fromEnv: X } }", "1:13 env-value A must be text, { from_env: NAME } or { secret: true }. → Did you mean from_env?"],
    ["env: { A: { from_env: X=Y } }", "1:23 env-name-invalid \"X=Y\" cannot be a variable's name: use letters, digits and _, not starting with a digit. → For example: X_Y"],
    ["env: { A: { secret: yes } }", "1:21 env-value A: `secret` can only be true. → A: { secret: true }"],
    ["env:", "1:1 value-empty `env` has no value. → Remove the key, or put its own keys below it, indented."],
  ])("%s", (yaml, ...problems) => {
    expect(bottleProblems(yaml)).toEqual(problems);
  });

  test("a credential of a route is not forwarded into the bottle", () => {
    expect(bottleProblems("env: { A: { from_env: TOKEN } }\negress: { routes: [{ host: a.example.com, auth: { scheme: bearer, token_ref: TOKEN } }] }")).toEqual([
      "1:23 credential-inside A would put TOKEN into the bottle; a route uses it as token_ref so that it stays out. → Remove A, or give it a placeholder: the egress adds the real value.",
    ]);
  });
});

describe("egress", () => {
  const egress = (yaml: string): string => `egress: { ${yaml} }`;
  const route = (yaml: string): string => egress(`routes: [{ host: a.example.com, ${yaml} }]`);
  test.each<Row>([
    [egress("dangerously_allow_all: true, routes: [{ host: \"*\" }]")],
    [egress("routes: [{ host: \"*\", deny: true }]")],
    [egress("routes: [{ host: \"*\" }]"), "1:28 host-too-wide \"*\" would open every host there is. → Name the hosts one by one, or the subdomains of one domain as \"*.example.com\"."],
    [egress("dangerously_allow_all: true, routes: [{ host: \"*\", auth: { scheme: bearer, token_ref: T } }]"), "1:62 auth-everywhere A credential cannot go to every host. → Give it a route of its own that names the host."],
    [egress("dangerously_allow_all: false"), "1:34 value-unknown `egress.dangerously_allow_all` cannot be \"false\". → Use true"],
    [route("deny: true, paths: [/admin/**]")],
    [route("deny: true, dlp: warn, limits: { concurrent: 1 }"),
      "1:55 route-key-unused `dlp` has no effect beside `deny: true`: what it fits never passes. → Remove `dlp`, or `deny`.",
      "1:66 route-key-unused `limits` has no effect beside `deny: true`: what it fits never passes. → Remove `limits`, or `deny`."],
    [route("passthrough: true, ports: [443]")],
    [route("passthrough: true, methods: [GET]"), "1:62 route-key-unused `methods` has no effect beside `passthrough: true`: what goes through it is not looked into. → Remove `methods`, or `passthrough`."],
    [route("limits: { requests_per_minute: 60, bytes_out_per_minute: 1000000, concurrent: 4 }, streaming: true, websocket: false")],
    [route("limits: { requests_per_minute: 0 }"), "1:74 value-invalid `egress.routes[0].limits.requests_per_minute` cannot be \"0\": the least is 1."],
    [route("auth: { scheme: placeholder, token_ref: T, in: [header, body] }")],
    [route("auth: { scheme: bearer, token_ref: T, in: [body] }"), "1:81 auth-key-unused `in` is for scheme placeholder; this one is bearer. → Remove `in`."],
    [route("auth: { scheme: sigv4, token_ref: T, region: eu-west-1, service: s3 }")],
    [route("auth: { scheme: sigv4, token_ref: T, name: x }"), "1:80 auth-name-extra Scheme sigv4 has no name: it always uses the program's own signature. → Remove `name`, or write scheme: header."],
    [egress("dlp: { packs: [pii], known_files: [~/.aws/credentials] }, upstream_proxy: { proxy: \"http://proxy.example.com:3128\", credential_ref: PROXY_LOGIN, no_proxy: [.example.com] }")],
    [egress("upstream_proxy: { proxy: \"http://user:x@proxy.example.com:3128\" }"), "1:36 value-invalid `egress.upstream_proxy.proxy` cannot be \"http://user:x@proxy.example.com:3128\"."],
  ])("%s", (yaml, ...problems) => {
    expect(bottleProblems(yaml)).toEqual(problems);
  });
});

describe("routes", () => {
  const route = (yaml: string): string => `egress: { routes: [{ host: a.example.com, ${yaml} }] }`;
  test.each<Row>([
    [route("methods: [GET, PROPFIND], ports: [80], paths: [/, /a/*/b/**, /v*/x]")],
    [route("methods: [post]"), "1:53 method-invalid \"post\" is not a method: methods are words in capitals. → POST"],
    [route("methods: [M-SEARCH]"), "1:53 method-invalid \"M-SEARCH\" is not a method: methods are words in capitals. → For example: GET"],
    [route("methods: [CONNECT]"), "1:53 method-refused CONNECT never passes the egress. → Remove it."],
    [route("methods: [\"*\"]"), "1:53 method-invalid \"*\" is not a method: methods are words in capitals. → Leave `methods` out to allow every method."],
    [route("methods: GET"), "1:52 value-type `egress.routes[0].methods` must be a list, not text."],
    [route("ports: [0]"), "1:51 value-invalid `egress.routes[0].ports[0]` cannot be \"0\": the least is 1."],
    [route("ports: [65536]"), "1:51 value-invalid `egress.routes[0].ports[0]` cannot be \"65536\": the most is 65535."],
    [route("ports: [1.5]"), "1:51 value-invalid `egress.routes[0].ports[0]` cannot be \"1.5\": it must be a whole number."],
    [route("ports: [.nan]"), "1:51 value-invalid `egress.routes[0].ports[0]` cannot be \".nan\"."],
    [route("paths: [v1]"), "1:51 path-invalid \"v1\" does not start with /. → /v1"],
    [route("paths: [/a/../b]"), "1:51 path-invalid \"/a/../b\" has a . or .. segment. → /b"],
    [route("paths: [\"/a?x=1\"]"), "1:51 path-invalid \"/a?x=1\" has a query or a fragment; routes look at the path alone. → /a"],
    [route("paths: [/a//b]"), "1:51 path-invalid \"/a//b\" has an empty segment. → /a/b"],
    [route("paths: [/a**]"), "1:51 path-invalid \"/a**\" has ** inside a segment; it stands for whole segments. → /a*"],
    [route("paths: [/%2e%2e/x]"), "1:51 path-invalid \"/%2e%2e/x\" has characters that a request holds only escaped; requests are compared decoded. → Write * in their place: /*/x"],
    [route("paths: [/%2F/x]"), "1:51 path-invalid \"/%2F/x\" has characters that a request holds only escaped; requests are compared decoded. → Write * in their place: /*/x"],
    [route("paths: [\"/a b\"]"), "1:51 path-invalid \"/a b\" has characters that a request holds only escaped; requests are compared decoded. → Write * in their place: /a*b"],
    [route("dlp: wran"), "1:48 value-unknown `egress.routes[0].dlp` cannot be \"wran\". → Did you mean warn? There are: block, warn, off"],
    [route("auth: { scheme: header, token_ref: T }"), "1:49 auth-name-missing Scheme header needs the header's name. → name: x-api-key"],
    [route("auth: { scheme: query, token_ref: T }"), "1:49 auth-name-missing Scheme query needs the query parameter's name. → name: api_key"],
    [route("auth: { scheme: bearer, token_ref: T, name: x }"), "1:81 auth-name-extra Scheme bearer has no name: it always uses the Authorization header. → Remove `name`, or write scheme: header."],
    [route("auth: { scheme: header, token_ref: T, name: Host }"), "1:87 auth-name-invalid \"Host\" cannot be the header that carries a credential. → For example: name: x-api-key"],
    [route("auth: { scheme: header, token_ref: T, name: \"x\\r\\ny\" }"), "1:87 auth-name-invalid \"x\\r\\ny\" cannot be the header that carries a credential. → For example: name: x-api-key"],
    [route("auth: { scheme: query, token_ref: T, name: \"a&b\" }"), "1:86 auth-name-invalid \"a&b\" cannot be the query parameter that carries a credential. → For example: name: api_key"],
    [route("auth: { scheme: bearr, token_ref: T }"), "1:59 value-unknown `egress.routes[0].auth.scheme` cannot be \"bearr\". → Did you mean bearer? There are: bearer, basic, token, header, query, placeholder, sigv4"],
    [route("auth: { scheme: bearer, token_ref: sk-live }"), "1:78 env-name-invalid \"sk-live\" cannot be a variable's name: use letters, digits and _, not starting with a digit. → For example: sk_live"],
    [route("auth: { scheme: bearer, tokenRef: T }"), "1:67 key-unknown \"tokenRef\" is not a key of `egress.routes.auth`. → Did you mean token_ref?"],
  ])("%s", (yaml, ...problems) => {
    expect(bottleProblems(yaml)).toEqual(problems);
  });
});

describe("the rest of egress", () => {
  test.each<Row>([
    ["egress: { hosts: { a.test: 127.0.0.1 } }"],
    ["egress: { hosts: { a.test: \"127.0.0.1:0\" } }", "1:28 address-invalid \"127.0.0.1:0\" has no valid port; ports are 1 to 65535. → For example: 127.0.0.1:443"],
    ["egress: { hosts: { a.test: \"::1\" } }", "1:28 address-invalid \"::1\" is not in canonical form. → [::1]"],
    ["egress: { hosts: { a.test: 0x7f.1 } }", "1:28 address-invalid \"0x7f.1\" is not in canonical form. → 127.0.0.1"],
    ["egress: { hosts: { a.test: localhost } }", "1:28 address-invalid \"localhost\" is not an address. → For example: 10.0.0.5, 10.0.0.5:8443 or [fd00::5]:8443"],
    ["egress: { hosts: { A.test: 127.0.0.1 } }", "1:20 host-invalid \"A.test\" has capital letters. → host: a.test"],
    ["egress: { allow_private: [{ host: a.lan, port: 80, cidr: 10.0.0.1/8 }] }", "1:58 cidr-invalid \"10.0.0.1/8\" is not in canonical form. → 10.0.0.0/8, or 10.0.0.1/32 for the one address"],
    ["egress: { allow_private: [{ host: a.lan, port: 80, cidr: 10.0.0.1 }] }", "1:58 cidr-invalid \"10.0.0.1\" has no prefix length. → 10.0.0.1/32"],
    ["egress: { allow_private: [{ host: a.lan, port: 80, cidr: \"::/0\" }] }", "1:58 cidr-invalid \"::/0\" holds every address there is. → Name the network that the host is in."],
    ["egress: { allow_private: [{ host: a.lan, port: 80, cidr: FD00::1/64 }] }", "1:58 cidr-invalid \"FD00::1/64\" is not in canonical form. → fd00::/64, or fd00::1/128 for the one address"],
    ["egress: { allow_private: [{ host: a.lan, port: 80, cidr: 10.0.0.0/33 }] }", "1:58 cidr-invalid \"10.0.0.0/33\" has a prefix beyond 32. → 10.0.0.0/32"],
    ["egress: { allow_private: [{ host: \"*.lan\", port: 80, cidr: 10.0.0.0/8 }] }", "1:35 host-invalid \"*.lan\" is not a host name. → A host is labels of a-z, 0-9 and - with dots between, for example api.example.com."],
    ["egress: { ca_files: [corp.pem] }", "1:22 file-path-invalid \"corp.pem\" must be absolute or start with ~/; a manifest is read from more than one place. → For example: ~/.ssh/app_deploy"],
    ["egress: { ca_files: [$HOME/corp.pem] }", "1:22 file-path-invalid \"$HOME/corp.pem\" must be absolute or start with ~/; a manifest is read from more than one place. → ~/corp.pem"],
    ["egress: { ca_files: [/a/../b] }", "1:22 file-path-invalid \"/a/../b\" has a .. segment. → Write the path without it."],
    ["egress: { dlp: builtin }", "1:16 value-type `dlp` must hold a map, not text. → Write `key: value` lines below it, indented."],
    ["egress: { routes: [x] }", "1:20 value-type `routes` must hold a map, not text. → Write `key: value` lines below it, indented."],
  ])("%s", (yaml, ...problems) => {
    expect(bottleProblems(yaml)).toEqual(problems);
  });
});

describe("git", () => {
  const git = (yaml: string): string => `git: [{ name: app, upstream: ${yaml} }]`;
  test.each<Row>([
    [git("git@git.example.com:acme/app.git")],
    [git("https://git.example.com/acme/app.git")],
    [git(`ssh://git@git.example.com:2222/~me/app.git, known_host_key: ${hostKey}`)],
    [git("\"--upload-pack=x\""), "1:30 upstream-invalid \"--upload-pack=x\" would be an option to git. → For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git"],
    [git("\"ext::sh -c id\""), "1:30 upstream-invalid \"ext::sh -c id\" is not the address of a git upstream. → For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git"],
    [git("ssh://git@git.example.com:0/a.git"), "1:30 upstream-invalid The upstream has the port \"0\"; there are 1 to 65535. → ssh://git@git.example.com/a.git"],
    [git("ssh://git@git.example.com:65536/a.git"), "1:30 upstream-invalid The upstream has the port \"65536\"; there are 1 to 65535. → ssh://git@git.example.com/a.git"],
    [git("\"ssh://git:Zq7-pass@git.example.com:0/a.git\""), `1:30 upstream-invalid The upstream has the port "0"; there are 1 to 65535. → For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git`],
    [git("\"https://[2001:db8::1]:00/a.git\""), "1:30 upstream-invalid The upstream has the port \"00\"; there are 1 to 65535. → https://[2001:db8::1]/a.git"],
    [git("\"ext::id\""), "1:30 upstream-invalid \"ext::id\" would run a git remote helper. → For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git"],
    [git("http://git.example.com/a.git"), "1:30 upstream-invalid \"http://git.example.com/a.git\" is neither ssh:// nor https://; the gate forwards over no other. → https://git.example.com/a.git"],
    [git("file:///srv/a.git"), "1:30 upstream-invalid \"file:///srv/a.git\" is neither ssh:// nor https://; the gate forwards over no other. → For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git"],
    [git("https://token@git.example.com/a.git"), "1:30 upstream-password The upstream on git.example.com holds a user or token. → https://git.example.com/a.git"],
    [git("https:///a@b.example/c"), "1:30 upstream-password The upstream on b.example holds a user or token. → For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git"],
    [git("ssh://-oProxyCommand=id/a.git"), "1:30 upstream-invalid \"ssh://-oProxyCommand=id/a.git\" has a host that cannot be one. \"-oProxyCommand=id\" has capital letters. → For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git"],
    [git("ssh://git@git.example.com/../a.git"), "1:30 upstream-invalid \"ssh://git@git.example.com/../a.git\" has a path that cannot be a repository's. → For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git"],
    [git("git@git.example.com:-x"), "1:30 upstream-invalid \"git@git.example.com:-x\" has a path that cannot be a repository's. → For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git"],
    [git(`git@a.example.com:a, known_host_key: "a.example.com ${hostKey}"`), `1:67 host-key-invalid A host key is its type, one blank and base64, with nothing around. → known_host_key: ${hostKey}`],
    [git("https://a.example.com/a, identity_file: ~/.ssh/x"), "1:55 git-key-unused `identity_file` is for SSH; this upstream is not. → Remove it, or write the upstream as ssh://…"],
    ["git: [{ name: a, upstream: \"x@a.test:p\" }, { name: a, upstream: \"x@a.test:p\" }]",
      "1:52 git-duplicate The git name \"a\" is here twice. → Keep one of the two, or rename it.",
      "1:65 git-duplicate The upstream \"x@a.test:p\" is here twice. → Keep one of the two, or rename it."],
    ["git: [{ name: a, upstream: \"git@git.example.com:acme/app.git\" }, { name: b, upstream: \"https://git.example.com/Acme/app\" }]",
      "1:87 git-duplicate \"https://git.example.com/Acme/app\" is the repository of \"a\", \"git@git.example.com:acme/app.git\", reached in another way. → Keep one of the two: inside, every spelling of it leads to the gate."],
    ["git: [{ name: a, upstream: \"ssh://git@a.test/acme/app\" }, { name: b, upstream: \"ssh://git@a.test:2222/%61cme/app.git/\" }]",
      "1:80 git-duplicate \"ssh://git@a.test:2222/%61cme/app.git/\" is the repository of \"a\", \"ssh://git@a.test/acme/app\", reached in another way. → Keep one of the two: inside, every spelling of it leads to the gate."],
    [git("git@a.test:p, push: [main, \"agent/**\", \"release-*\"], tags: true, force: [wip/*], delete: [wip/*], stale: allow, review: true")],
    [git("https://a.test/p, stale: allow")],
    [git("https://a.test/p, push: [main], review: true"),
      "1:48 git-key-unused `push` is for pushes; over HTTPS the gate has no credential, and nothing is pushed. → Remove it, or write the upstream as ssh://…",
      "1:62 git-key-unused `review` is for pushes; over HTTPS the gate has no credential, and nothing is pushed. → Remove it, or write the upstream as ssh://…"],
    [git("git@a.test:p, push: []"), "1:50 value-empty `git[0].push` is an empty list, which could be read as all or as none. → Leave the key out for all, or name some."],
    [git("git@a.test:p, push: [refs/heads/main]"), "1:51 branch-invalid \"refs/heads/main\" is more than a branch's name. → main"],
    [git("git@a.test:p, push: [+main]"), "1:51 branch-invalid \"+main\" is more than a branch's name. → main"],
    [git("git@a.test:p, push: [\"HEAD:main\"]"), "1:51 branch-invalid \"HEAD:main\" is a refspec; a branch is pushed under its own name. → main"],
    [git("git@a.test:p, force: [\"agent/[ab]\"]"), "1:52 branch-invalid \"agent/[ab]\" has a wildcard that is none here: * is anything but /, ** is anything. → For example: agent/**"],
    [git("git@a.test:p, delete: [a..b]"), "1:53 branch-invalid \"a..b\" is not what git takes for a branch's name. → For example: agent/**"],
    [git("git@a.test:p, push: [\"*a*a*a*a*a\"]"), "1:51 branch-invalid \"*a*a*a*a*a\" has too many wildcards; 4 are the most. → For example: agent/**"],
    [git("git@a.test:p, push: [\"\"]"), "1:51 branch-invalid \"\" is not a branch's name or a pattern of some. → For example: agent/**"],
    [git("git@a.test:p, push: main"), "1:50 value-type `git[0].push` must be a list, not text."],
    [git("git@a.test:p, stale: yes"), "1:51 value-unknown `git[0].stale` cannot be \"yes\". → Use one of: allow, refuse"],
    [git("git@a.test:p, tags: [v*]"), "1:50 value-type `git[0].tags` must be true or false, not a list."],
    [git("git@a.test:p, reveiw: true"), "1:44 key-unknown \"reveiw\" is not a key of `git`. → Did you mean review?"],
    [git("git@a.test:p, known_host_key: SHA256:abcdef"), "1:60 host-key-invalid \"SHA256:abcdef\" is not a server's public key. → Run `ssh-keyscan -t ed25519 HOST`, compare the key with the one its operator publishes, and write it as: ssh-ed25519 AAAA…"],
    ["git_identity: { name: An Agent, email: agent@example.com }"],
    ["git_identity: { name: An Agent }", "1:15 key-missing `git_identity.email` is missing. → Add a line: email: …"],
    ["git_identity: { name: \"A <a@b.c>\", email: a@b.c }", "1:23 git-identity-invalid \"A <a@b.c>\" cannot be the name that commits are made under. → For example: name: An Agent"],
    ["git_identity: { name: \".\", email: a@b.c }", "1:23 git-identity-invalid \".\" cannot be the name that commits are made under. → For example: name: An Agent"],
    ["git_identity: { name: \"a\\n[core]\", email: a@b.c }", "1:23 git-identity-invalid \"a\\n[core]\" cannot be the name that commits are made under. → For example: name: An Agent"],
    ["git_identity: { name: A, email: \"A <a@b.c>\" }", "1:33 git-identity-invalid \"A <a@b.c>\" cannot be the e-mail address that commits are made under. → email: a@b.c"],
    ["git: [{ name: ../a, upstream: \"x@a.test:p\" }]", "1:15 name-invalid \"../a\" cannot be the name of a git upstream: use 1 to 41 of a-z, 0-9 and -, starting with a letter or digit. → For example: a"],
  ])("%s", (yaml, ...problems) => {
    expect(bottleProblems(yaml)).toEqual(problems);
  });
});

describe("a route that a push could take past the gate", () => {
  const beside = (route: string, upstream = "git@git.example.com:acme/app.git"): string => `git: [{ name: app, upstream: "${upstream}" }]\negress: { routes: [${route}] }`;
  const fault = (host: string): string => `2:28 git-push-route The route to "${host}" would let a push to "app" pass by the git gate: POST /acme/app.git/git-receive-pack. `
    + "→ Narrow it to what is needed. For downloads:\nmethods: [GET, HEAD]\nTo clone and fetch other repositories there:\npaths: [\"/**/info/refs\", \"/**/git-upload-pack\"]\n"
    + "Or leave it as it is, and add:\n- { host: git.example.com, deny: true, methods: [POST], paths: [\"/**/git-receive-pack\"] }";
  const deny = (more: string): string => `{ host: git.example.com }, { host: git.example.com, deny: true, ${more} }`;
  test.each<Row>([
    [beside("{ host: git.example.com }"), fault("git.example.com")],
    [beside("{ host: \"*.example.com\" }"), fault("*.example.com")],
    [beside("{ host: git.example.com, ports: [8443] }"), fault("git.example.com")],
    [beside("{ host: git.example.com, methods: [GET, POST] }"), fault("git.example.com")],
    [beside("{ host: git.example.com, paths: [/acme/**] }"), fault("git.example.com")],
    [beside("{ host: git.example.com, paths: [/Acme/App/git-receive-pack] }"), fault("git.example.com")],
    [beside("{ host: git.example.com, paths: [/acme/**] }", "git@git.example.com:%61cme/app%2Egit"), fault("git.example.com")],
    [beside("{ host: git.example.com, paths: [\"/*/*/git-*\"] }"), fault("git.example.com")],
    [beside("{ host: git.example.com }", "https://git.example.com/acme/app"), fault("git.example.com")],
    [beside("{ host: git.example.com, passthrough: true }"), "2:28 git-push-route The route to \"git.example.com\" is not looked into, so that a push to \"app\" could go through it, past the git gate. → Remove `passthrough`, and narrow the route by methods or paths."],
    [beside("{ host: git.example.com, methods: [GET, HEAD] }")],
    [beside("{ host: git.example.com, paths: [\"/**/info/refs\", \"/**/git-upload-pack\"] }")],
    [beside("{ host: git.example.com, paths: [/api/v4/**] }")],
    [beside("{ host: api.example.com }")],
    [beside("{ host: example.com }")],
    [beside("{ host: \"*.git.example.com\" }")],
    [beside(deny("methods: [POST], paths: [\"/**/git-receive-pack\"]"))],
    [beside(deny("paths: [\"/**\"]"))],
    [beside(deny("methods: [GET]")), fault("git.example.com")],
    [beside(deny("paths: [/acme/app.git/git-receive-pack]")), fault("git.example.com")],
    [beside(deny("ports: [443], paths: [\"/**/git-receive-pack\"]")), fault("git.example.com")],
    ["egress: { dangerously_allow_all: true, routes: [{ host: \"*\" }] }\ngit: [{ name: app, upstream: \"git@git.example.com:acme/app.git\" }]",
      fault("*").replace("2:28", "1:57")],
  ])("%s", (yaml, ...problems) => {
    expect(bottleProblems(yaml)).toEqual(problems);
  });
});

describe("backend and limits", () => {
  test.each<Row>([
    ["limits: { memory: 1073741824, pids: 1, cpus: 2 }"],
    ["limits: { memory: 2GB }", "1:19 limit-invalid \"2GB\" is not an amount of memory: write whole KiB, MiB, GiB, TiB or bytes. → memory: 2GiB"],
    ["limits: { memory: 1.5GiB }", "1:19 limit-invalid \"1.5GiB\" is not an amount of memory: write whole KiB, MiB, GiB, TiB or bytes. → memory: 1536MiB"],
    ["limits: { memory: 2 }", "1:19 limit-invalid 2 is 2 bytes, less than 1 MiB; nothing would start. → memory: 2GiB"],
    ["limits: { memory: -1 }", "1:19 limit-invalid -1 is not an amount of memory: write whole KiB, MiB, GiB, TiB or bytes. → memory: 2GiB"],
    ["limits: { memory: 99999999TiB }", "1:19 limit-invalid \"99999999TiB\" is not an amount of memory: write whole KiB, MiB, GiB, TiB or bytes. → memory: 2GiB"],
    ["limits: { pids: 0 }", "1:17 value-invalid `limits.pids` cannot be \"0\": the least is 1."],
    ["limits: { cpus: .inf }", "1:17 value-invalid `limits.cpus` cannot be \".inf\": the most is 4096."],
    ["backend: bubblewrap\nmin_isolation: microvm", "2:16 isolation-unreachable Backend bubblewrap gives namespaces, which is below microvm. → Use backend: smolmachines, or lower min_isolation."],
    ["backend: docker\nmin_isolation: container\nruntime: runsc"],
    ["runtime: runsc", "1:1 runtime-unused `runtime` acts with backend docker only; here it is \"auto\", so it could be passed over. → backend: docker"],
    ["backend: docker\nruntime: --privileged", "2:10 value-invalid `runtime` cannot be \"--privileged\"."],
    ["backend: Docker", "1:10 value-unknown `backend` cannot be \"Docker\". → Did you mean docker? There are: auto, bubblewrap, docker, smolmachines"],
    ["supervise: yes", "1:12 value-type `supervise` must be true or false, not text."],
  ])("%s", (yaml, ...problems) => {
    expect(bottleProblems(yaml)).toEqual(problems);
  });
});
