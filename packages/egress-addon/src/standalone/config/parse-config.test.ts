import { describe, expect, test } from "vitest";
import { parseConfig } from "./parse-config.ts";

const base = "listen: 127.0.0.1:8080\nca_directory: ca\n";
const parse = (text: string): ReturnType<typeof parseConfig> => parseConfig(text, { file: "egress.yaml", folder: "/etc/egress" });
const problems = (text: string): readonly string[] => {
  const parsed = parse(text);
  return parsed.ok ? [] : parsed.problems.map(({ line, column, code, message, mend }) => `${line}:${column} ${code} ${message}${mend === undefined ? "" : ` → ${mend}`}`);
};

describe("what is wrong is said at its place, with its mend", () => {
  test.each([
    ["an empty file", "", ["1:1 file-empty The file holds nothing. → At least: listen, ca_directory and routes"]],
    ["a comment alone", "# nothing\n", ["1:1 file-empty The file holds nothing. → At least: listen, ca_directory and routes"]],
    ["text", "hello", ["1:1 value-type The file must be a map, not text."]],
    ["a list", "- a", ["1:1 value-type The file must be a map, not a list."]],
    ["a missing key", "listen: 127.0.0.1:1\nroutes: []", ["1:1 key-missing `ca_directory` is missing. → Add a line: ca_directory: …"]],
    ["an unknown key", base + "routes: []\nauditt: stdout\n", ["4:1 key-unknown \"auditt\" is not a key here. → Did you mean audit?"]],
    ["a key of the library", base + "routes: []\ncaName: x\n", ["4:1 key-unknown \"caName\" is not a key here. → Did you mean ca_name?"]],
    ["a key of nothing", base + "routes: []\nzebra: 1\n", ["4:1 key-unknown \"zebra\" is not a key here. → There are: listen, ca_directory, routes, ca_name, allow_remote, dangerously_allow_all, proxy_credential, tokens, placeholders, hosts, allow_private, upstream_cas, upstream_proxy, dlp, audit, operator, how_to_ask, max_connections, timeouts"]],
    ["a repeated key", base + "routes: []\nroutes: []\n", ["4:1 yaml-duplicate-key The key \"routes\" is here twice. → Keep one of the two."]],
    ["a bare port", "listen: 8080\nca_directory: ca\nroutes: []", ["1:9 listen-invalid \"8080\" is neither an address with a port nor the path of a socket. → 127.0.0.1:8080"]],
    ["a port with a colon", "listen: :8080\nca_directory: ca\nroutes: []", ["1:9 listen-invalid \":8080\" is neither an address with a port nor the path of a socket. → 127.0.0.1:8080"]],
    ["a star", "listen: \"*:8080\"\nca_directory: ca\nroutes: []", ["1:9 listen-invalid \"*:8080\" is neither an address with a port nor the path of a socket. → 127.0.0.1:8080"]],
    ["a URL to listen on", "listen: http://127.0.0.1:8080/\nca_directory: ca\nroutes: []", ["1:9 listen-invalid \"http://127.0.0.1:8080/\" is neither an address with a port nor the path of a socket. → 127.0.0.1:8080"]],
    ["an address without a port", "listen: 127.0.0.1\nca_directory: ca\nroutes: []", ["1:9 listen-invalid \"127.0.0.1\" is neither an address with a port nor the path of a socket. → 127.0.0.1:8080"]],
    ["a name to listen on", "listen: proxy.example:8080\nca_directory: ca\nroutes: []", ["1:9 listen-invalid \"proxy.example:8080\" is neither an address with a port nor the path of a socket. → For example: 127.0.0.1:8080 or /run/egress/proxy.sock"]],
    ["every address", "listen: 0.0.0.0:8080\nca_directory: ca\nroutes: []", ["1:9 listen-remote 0.0.0.0:8080 lets other machines in, and through to every route with its credential. → Listen on 127.0.0.1, or say allow_remote: true and give a proxy_credential that clients must present."]],
    ["every address, allowed but open to all", "listen: \"[::]:8080\"\nallow_remote: true\nca_directory: ca\nroutes: []", ["1:9 listen-remote [::]:8080 lets other machines in, and through to every route with its credential. → Listen on 127.0.0.1, or say allow_remote: true and give a proxy_credential that clients must present."]],
    ["an operator's port for all", base + "routes: []\noperator: { listen: 0.0.0.0:9901 }\n", ["4:21 listen-remote The operator's pages are for this machine alone. → Use 127.0.0.1 or a socket; let a local agent of your monitoring scrape it."]],
    ["the operator on the clients' port", base + "routes: []\noperator: { listen: 127.0.0.1:8080 }\n", ["4:21 listen-taken 127.0.0.1:8080 is listened on twice. → Give each its own; the operator's must not be the clients'."]],
    ["one socket for both", base + "routes: []\noperator: { listen: /run/a.sock, control: /run/a.sock }\n", ["4:43 listen-taken /run/a.sock is listened on twice. → Give each its own; the operator's must not be the clients'."]],
    ["a home", "listen: 127.0.0.1:8080\nca_directory: ~/ca\nroutes: []", ["2:15 path-invalid \"~/ca\" starts with ~, which only a shell reads. → Write the path out, or relative to this file."]],
    ["no routes", base + "", ["1:1 key-missing `routes` is missing. → Add a line: routes: …"]],
    ["routes without a value", base + "routes:\n", ["3:1 value-empty `routes` has no value. → Remove the key, or give it a list."]],
    ["a route alone", base + "routes: { host: a.example }", ["3:9 value-type `routes` must be a list, not a map."]],
    ["a misspelt host key", base + "routes:\n  - hosst: a.example\n", ["4:5 key-unknown \"hosst\" is not a key of `routes`. → Did you mean host?"]],
    ["a URL as a host", base + "routes:\n  - host: https://a.example:8443/v1/\n", ["4:11 host-invalid \"https://a.example:8443/v1/\" is not a host alone: scheme, port and path have their own keys, or none. → host: a.example\nports: [8443]\npaths: [\"/v1/\"]"]],
    ["capitals", base + "routes:\n  - host: A.Example\n", ["4:11 host-invalid \"A.Example\" is not in its plain form. → host: a.example"]],
    ["a look-alike", base + "routes:\n  - host: аpple.example\n", ["4:11 host-not-ascii \"аpple.example\" has characters beyond ASCII; another host can look just like it. → If it is the one you mean: host: xn--pple-43d.example"]],
    ["every host", base + "routes:\n  - host: \"*\"\n", ["4:11 host-too-wide \"*\" would open every host there is. → Name the hosts one by one, or the subdomains of one domain as \"*.example.com\". If every host is meant: dangerously_allow_all: true"]],
    ["an unquoted star", base + "routes:\n  - host: *.a.example\n", ["4:11 yaml-alias \"*.a.example\" is a YAML alias, which is not read. → If it is text, quote it: \"*.a.example\""]],
    ["an integer address", base + "routes:\n  - host: 0x7f000001\n", ["4:11 value-type `routes[0].host` must be text, not a number. → Put it in quotes: \"0x7f000001\""]],
    ["a star inside", base + "routes:\n  - host: a.*.example\n", ["4:11 host-invalid \"a.*.example\" is not a host. → For example: host: api.example.com"]],
    ["a port too high", base + "routes:\n  - { host: a.example, ports: [70000] }\n", ["4:32 value-invalid `routes[0].ports[0]` cannot be \"70000\". → A whole number from 1 to 65535"]],
    ["one port, no list", base + "routes:\n  - { host: a.example, ports: 443 }\n", ["4:31 value-type `routes[0].ports` must be a list, not a number. → [443]"]],
    ["no ports", base + "routes:\n  - { host: a.example, ports: [] }\n", ["4:31 value-empty `routes[0].ports` is an empty list, which could be read as all or as none. → Leave the key out, or name some."]],
    ["a small method", base + "routes:\n  - { host: a.example, methods: [GET, post] }\n", ["4:39 method-invalid \"post\" is not a method in capitals. → POST"]],
    ["a path without a slash", base + "routes:\n  - { host: a.example, paths: [/ok, v1] }\n", ["4:37 policy-invalid a.example: path \"v1\" must start with / and have no dot segments."]],
    ["an unknown scheme", base + "routes:\n  - { host: a.example, auth: { scheme: bearr, token_ref: T } }\n", ["4:40 value-unknown `routes[0].auth.scheme` cannot be \"bearr\". → Did you mean bearer? There are: bearer, basic, token, header, query, placeholder, sigv4"]],
    ["a token that is not declared", base + "routes:\n  - { host: a.example, auth: { scheme: bearer, token_ref: API_TOKEN } }\n", ["4:59 token-undeclared API_TOKEN is not in `tokens`, so nothing says where its value comes from. → For example: tokens: { API_TOKEN: { env: API_TOKEN } }. The value itself does not belong in this file."]],
    ["a misspelt token", base + "routes:\n  - { host: a.example, auth: { scheme: bearer, token_ref: API_TOKN } }\ntokens: { API_TOKEN: { env: X } }", ["4:59 token-undeclared API_TOKN is not in `tokens`, so nothing says where its value comes from. → Did you mean API_TOKEN?"]],
    ["a header without a name", base + "routes:\n  - { host: a.example, auth: { scheme: header, token_ref: T } }\ntokens: { T: { env: T } }", ["4:30 policy-invalid a.example: auth needs a name exactly for header and query."]],
    ["a credential for a whole top-level domain", base + "routes:\n  - { host: \"*.com\", auth: { scheme: bearer, token_ref: T } }\ntokens: { T: { env: T } }", ["4:28 policy-invalid *.com: a credential cannot go to every host under com; name the domain."]],
    ["a denial with a credential", base + "routes:\n  - { host: a.example, deny: true, auth: { scheme: bearer, token_ref: T } }\ntokens: { T: { env: T } }", ["4:30 policy-invalid a.example: a deny route cannot have auth."]],
    ["passing unread with methods", base + "routes:\n  - { host: a.example, passthrough: true, methods: [GET] }\n", ["4:37 policy-invalid a.example: a passthrough route cannot have methods, since nothing in its tunnels is read."]],
    ["limits of nothing", base + "routes:\n  - { host: a.example, limits: { requests: 5 } }\n", ["4:34 key-unknown \"requests\" is not a key of `routes[0].limits`. → There are: requests_per_minute, bytes_out_per_minute, concurrent"]],
    ["a limit of zero", base + "routes:\n  - { host: a.example, limits: { concurrent: 0 } }\n", ["4:46 value-invalid `routes[0].limits.concurrent` cannot be \"0\". → A whole number from 1 to 9007199254740991"]],
    ["an unknown verdict", base + "routes:\n  - { host: a.example, dlp: blok }\n", ["4:29 value-unknown `routes[0].dlp` cannot be \"blok\". → Did you mean block? There are: block, warn, off"]],
    ["yes", base + "routes:\n  - { host: a.example, deny: yes }\n", ["4:30 value-type `routes[0].deny` must be true or false, not text. → true"]],
    ["a token's value in the file", base + "routes: []\ntokens: { T: s3cr3t-value-0123456789 }\n", ["4:14 value-type `tokens.T` must say where the value is; the value itself does not belong in this file. → { env: API_TOKEN }, { file: PATH } or { command: [PROGRAM, …] }"]],
    ["a token with two sources", base + "routes: []\ntokens: { T: { env: A, file: b } }\n", ["4:14 source-invalid `tokens.T` must have one of env, file and command, not 2 of them. → For example: { env: API_TOKEN }"]],
    ["a token with none", base + "routes: []\ntokens: { T: {} }\n", ["4:14 source-invalid `tokens.T` must have one of env, file and command, not none of them. → For example: { env: API_TOKEN }"]],
    ["a name with a dash", base + "routes: []\ntokens: { a-b: { env: A } }\n", ["4:11 name-invalid A name is letters, digits and _, not a digit first. → For example: API_TOKEN. A value does not belong in this file."]],
    ["a command as one text", base + "routes: []\ntokens: { T: { command: vault read x } }\n", ["4:25 value-type `tokens.T.command` must be a list, not text. → [vault read x]"]],
    ["a time to live for a file", base + "routes: []\ntokens: { T: { file: a, ttl_seconds: 5 } }\n", ["4:38 source-invalid `ttl_seconds` is for a command; env and file are read anew by themselves. → Remove it."]],
    ["a credential without a password", base + "routes: []\nproxy_credential: { username: u }\n", ["4:19 source-invalid `proxy_credential` must have password_env or password_file, one of them. → For example: password_env: EGRESS_PASSWORD"]],
    ["a password in the file", base + "routes: []\nproxy_credential: { username: u, password: s3cr3t }\n", ["4:34 key-unknown \"password\" is not a key of `proxy_credential`. → There are: username, password_env, password_file"]],
    ["a colon in a username", base + "routes: []\nproxy_credential: { username: \"a:b\", password_env: P }\n", ["4:31 name-invalid A username cannot have a colon (RFC 7617)."]],
    ["a fixed host that is a name", base + "routes: []\nhosts: { a.example: b.example }\n", ["4:21 address-invalid \"b.example\" is not an address. → For example: 10.0.0.5, 10.0.0.5:8443 or \"[fd00::5]:8443\""]],
    ["a network that is none", base + "routes: []\nallow_private: [{ host: a.example, port: 443, cidr: 10.0.0.0/40 }]\n", ["4:53 cidr-invalid \"10.0.0.0/40\" is not a network. → For example: 192.168.1.0/24 or \"fd00::/8\""]],
    ["audit to a path", base + "routes: []\naudit: audit.jsonl\n", ["4:8 value-unknown `audit` is stdout, or a map with a file. → For example: audit: { file: audit.jsonl }"]],
    ["a time in words", base + "routes: []\ntimeouts: { connect_ms: 10s }\n", ["4:25 value-type `timeouts.connect_ms` must be a number, not text."]],
    ["half a connection", base + "routes: []\nmax_connections: 0.5\n", ["4:18 value-invalid `max_connections` cannot be \"0.5\". → A whole number from 1 to 1000000"]],
    ["a short placeholder", base + "routes: []\nplaceholders: { A: short }\n", ["4:20 placeholder-invalid The placeholder of \"A\" must have at least 24 characters. → `egress-addon placeholder` prints one."]],
    ["a route whose placeholder is not there", base + "routes:\n  - { host: a.example, auth: { scheme: placeholder, token_ref: T } }\ntokens: { T: { env: T } }", ["4:30 placeholder-missing Nothing says what the program holds in this token's place. → placeholders: { NAME: … }, by the same name; `egress-addon placeholder` prints one."]],
    ["a hop with a path", base + "routes: []\nupstream_proxy: { url: http://proxy.corp:3128/x }\n", ["4:24 option-invalid upstream_proxy.url: \"http://proxy.corp:3128/x\" must be http://host:port or https://host:port, without a path; a login goes into upstream_proxy.credential."]],
    ["a hop with its login in the URL", base + "routes: []\nupstream_proxy: { url: \"http://u:real-secret@proxy.corp:3128\" }\n", ["4:24 option-invalid upstream_proxy.url: it must be http://host:port or https://host:port, without a path; a login goes into upstream_proxy.credential."]],
    ["a hop's exception that is none", base + "routes: []\nupstream_proxy: { url: http://proxy.corp:3128, no_proxy: [\"a/b\"] }\n", ["4:58 option-invalid upstream_proxy.no_proxy: \"a/b\" must be *, a name (which holds its subdomains), an address or a range, and maybe a :port."]],
    ["a kind of hop", base + "routes: []\nupstream_proxy: { url: http://proxy.corp:3128, kind: pipelok }\n", ["4:54 value-unknown `upstream_proxy.kind` cannot be \"pipelok\". → Did you mean pipelock? There are: proxy, pipelock"]],
    ["a time limit for a variable", base + "routes: []\ntokens: { T: { env: A, timeout_seconds: 5 } }\n", ["4:41 source-invalid `timeout_seconds` is for a command; env and file are read anew by themselves. → Remove it."]],
    ["an anchor", base + "routes: []\ntokens: &t {}\n", ["4:12 yaml-anchor The anchor \"&t\" is not read. → Remove it. If it is text, quote the value."]],
    ["a tag", base + "routes: []\ncaName: !!str x\n", ["4:15 yaml-tag The tag \"tag:yaml.org,2002:str\" is not read. → Remove it. If it is text, quote the value."]],
    ["a merge key", base + "routes: []\nhosts: { <<: {} }\n", ["4:10 yaml-merge Merge keys (<<) are not read. → Write the keys out."]],
    ["__proto__", base + "routes: []\n__proto__: { a: b }\n", ["4:1 yaml-key \"__proto__\" cannot be a key. → Remove it."]],
    ["a tab", "listen: 127.0.0.1:1\nroutes:\n\t- host: a", ["3:1 yaml-tab The line is indented with a tab. → YAML indents with spaces only."]],
    ["two documents", base + "routes: []\n---\nlisten: x\n", ["4:1 yaml-documents The file holds more than one YAML document. → Keep one."]],
    ["broken YAML", "listen: [\nroutes: \"x", ["2:1 yaml-syntax This is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]."]],
  ])("%s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

test("a whole file is read: names in the library's words, paths from the file's folder", () => {
  const parsed = parse(`
listen: ./proxy.sock
ca_directory: /var/lib/egress/ca
ca_name: my proxy
proxy_credential: { username: agent, password_file: password }
routes:
  - host: api.example.com
    ports: [443]
    methods: [POST]
    paths: ["/v1/**"]
    auth: { scheme: header, token_ref: KEY, name: x-api-key }
    limits: { requests_per_minute: 60, bytes_out_per_minute: 1000000, concurrent: 4 }
    websocket: false
    dlp: { action: block, streaming: true }
  - { host: s3.example.com, auth: { scheme: sigv4, token_ref: AWS, region: eu-west-1, service: s3 } }
  - { host: "*.example.org", deny: true, paths: ["/admin/**"] }
  - { host: pinned.example.net, passthrough: true }
tokens:
  KEY: { file: secrets/key }
  AWS: { command: [vault, read, "-field=value", aws], ttl_seconds: 60 }
  LOCAL: { command: [./bin/token] }
placeholders: { KEY: bottle-0123456789abcdefghijklmn }
upstream_proxy:
  url: http://proxy.corp.example:3128
  credential: { username: me, password_env: HOP }
  no_proxy: [.intern.example, 10.0.0.0/8]
  cas: [hop.pem]
hosts: { intern.example: "10.0.0.5:8443" }
allow_private: [{ host: intern.example, port: 443, cidr: 10.0.0.0/8 }]
upstream_cas: [corp.pem]
dlp: { known_secrets: [deploy.key], canaries: [canary], packs: [pii], scan_limit_bytes: 1000 }
audit: { file: log/audit.jsonl }
operator: { listen: 127.0.0.1:9901, control: control.sock }
how_to_ask: Ask Anna.
max_connections: 100
timeouts: { head_ms: 1, handshake_ms: 2, connect_ms: 3, answer_ms: 4 }
`);
  expect(parsed).toEqual({ ok: true, config: {
    listen: { unix: "/etc/egress/proxy.sock" }, caDirectory: "/var/lib/egress/ca", caName: "my proxy",
    proxyCredential: { username: "agent", password: { file: "/etc/egress/password" } },
    policy: { routes: [
      { host: "api.example.com", ports: [443], methods: ["POST"], paths: ["/v1/**"], auth: { scheme: "header", tokenRef: "KEY", name: "x-api-key" },
        limits: { requestsPerMinute: 60, bytesOutPerMinute: 1_000_000, concurrent: 4 }, websocket: false, dlp: { action: "block", streaming: true } },
      { host: "s3.example.com", auth: { scheme: "sigv4", tokenRef: "AWS", region: "eu-west-1", service: "s3" } },
      { host: "*.example.org", deny: true, paths: ["/admin/**"] },
      { host: "pinned.example.net", passthrough: true },
    ] },
    tokens: { KEY: { file: "/etc/egress/secrets/key" }, AWS: { command: ["vault", "read", "-field=value", "aws"], ttlSeconds: 60 }, LOCAL: { command: ["/etc/egress/bin/token"] } },
    placeholders: { KEY: "bottle-0123456789abcdefghijklmn" },
    upstreamProxy: { proxy: "http://proxy.corp.example:3128", credential: { username: "me", password: { env: "HOP" } }, noProxy: [".intern.example", "10.0.0.0/8"], cas: ["/etc/egress/hop.pem"], kind: "proxy" },
    hosts: { "intern.example": "10.0.0.5:8443" }, allowPrivate: [{ host: "intern.example", port: 443, cidr: "10.0.0.0/8" }],
    upstreamCas: ["/etc/egress/corp.pem"], dlp: { knownSecrets: ["/etc/egress/deploy.key"], canaries: ["/etc/egress/canary"], packs: ["pii"], scanLimitBytes: 1_000 }, audit: { file: "/etc/egress/log/audit.jsonl" },
    operator: { listen: { host: "127.0.0.1", port: 9901 }, control: "/etc/egress/control.sock" },
    howToAsk: "Ask Anna.", maxConnections: 100, timeouts: { headMs: 1, handshakeMs: 2, connectMs: 3, answerMs: 4 },
  } });
});

test("the least that starts is three keys, and nothing leaves then", () => {
  expect(parse(`${base}routes: []`)).toMatchObject({ ok: true, config: { policy: { routes: [] }, tokens: {}, audit: "stdout", operator: {}, timeouts: {} } });
});

test("other machines may come in only where both are said: that they may, and what they must present", () => {
  const remote = "listen: 0.0.0.0:8080\nca_directory: ca\nroutes: []\nallow_remote: true\nproxy_credential: { username: a, password_env: P }\n";
  expect(problems(remote)).toEqual([]);
  expect(problems(remote.replace("true", "false"))).toHaveLength(1);
  expect(problems(remote.replace(/proxy_credential.*/, ""))).toHaveLength(1);
});

test("every host may be opened only by its dangerous name, and never with a credential", () => {
  expect(problems(`${base}dangerously_allow_all: true\nroutes: [{ host: "*" }]`)).toEqual([]);
  expect(problems(`${base}dangerously_allow_all: true\ntokens: { T: { env: T } }\nroutes: [{ host: "*", auth: { scheme: bearer, token_ref: T } }]`)).toHaveLength(1);
});
