import * as v from "valibot";
import { memoryFault } from "../rules/memory.ts";
import * as field from "./fields.ts";
import { rule } from "./rule.ts";

const described = <const S extends v.GenericSchema>(schema: S, text: string): v.SchemaWithPipe<readonly [S, v.DescriptionAction<v.InferOutput<S>, string>]> =>
  v.pipe(schema, v.description(text));
const maybe = v.exactOptional;

const envValue = v.union([
  described(v.string(), "The value itself, readable inside and here."),
  described(v.strictObject({ from_env: field.hostVariable }), "Forwarded from the operator's environment; never in argv, plan output or logs."),
  described(v.strictObject({ secret: described(v.literal(true), "Asked for at start, without echo.") }), "Asked for at start."),
]);
const env = described(v.record(field.envName, envValue), "Variables inside the bottle.");

const route = v.strictObject({
  host: field.routeHost,
  ports: maybe(described(field.someOf(field.port), "Allowed ports; 80 and 443 if absent.")),
  methods: maybe(described(field.someOf(field.method), "Allowed methods; all if absent.")),
  paths: maybe(described(field.someOf(field.path), "Allowed paths; all if absent.")),
  auth: maybe(described(v.strictObject({
    scheme: described(field.authScheme, "How the credential goes on the wire."),
    token_ref: described(field.hostVariable, "The credential: an entry of egress.tokens, or else a variable of the operator's environment. It never enters the bottle."),
    name: maybe(described(v.string(), "The header's or query parameter's name; only for the schemes header and query.")),
    in: maybe(described(field.someOf(field.placeholderPart), "Where a placeholder is replaced: header and url by default, body if asked.")),
    region: maybe(described(field.awsName, "The AWS region that requests may be signed for; only for sigv4.")),
    service: maybe(described(field.awsName, "The AWS service that requests may be signed for; only for sigv4.")),
  }), "The credential that the egress adds.")),
  dlp: maybe(described(field.dlp, "What a hit of the leak scan does: block (default), warn or off.")),
  streaming: maybe(described(v.boolean(), "Whether uploads over the scan's limit pass, unscanned beyond it; false by default.")),
  deny: maybe(described(v.literal(true), "Refuses what fits this route, whatever other routes allow.")),
  websocket: maybe(described(v.boolean(), "Whether upgrades to WebSocket pass; as any GET by default.")),
  passthrough: maybe(described(v.literal(true), "Connections are not looked into: no method, path, scan or credential. Only host, ports and limits.concurrent beside it.")),
  limits: maybe(described(v.strictObject({
    requests_per_minute: maybe(described(field.count, "Requests in a minute.")),
    bytes_out_per_minute: maybe(described(field.count, "Bytes of request bodies in a minute.")),
    concurrent: maybe(described(field.count, "Requests at once.")),
  }), "What the route lets through in a minute, and at once.")),
});

const upstreamProxy = v.strictObject({
  proxy: field.proxyUrl,
  credential_ref: maybe(described(field.hostVariable, "The variable of the operator's environment that holds user:password.")),
  no_proxy: maybe(described(field.someOf(field.noProxy), "Hosts that are reached without it, as curl reads no_proxy.")),
  ca_files: maybe(described(field.someOf(field.hostFile), "PEM files of certificate authorities trusted for what comes through it.")),
});

const token = v.strictObject({
  env: maybe(described(field.hostVariable, "The variable of the operator's environment that holds the value.")),
  file: maybe(described(field.hostFile, "The file that holds the value, readable by its owner alone. Read again whenever it has changed.")),
  command: maybe(described(field.someOf(field.word), "Program and arguments that print the value; run on the host by the operator, without a shell.")),
  ttl_seconds: maybe(described(field.seconds(field.longestTtlSeconds), "For how long what the command printed is used; 300 by default.")),
  timeout_seconds: maybe(described(field.seconds(field.longestTimeoutSeconds), "After how long the command is given up; 30 by default.")),
});

const egress = v.strictObject({
  routes: maybe(described(v.array(route), "What may leave the bottle. No routes: nothing leaves.")),
  tokens: maybe(described(v.record(field.hostVariable, token), "Where the credentials of routes come from, by token_ref; one that is not here is the variable of its name.")),
  hosts: maybe(described(v.record(field.exactHost, field.socketAddress), "Fixed answers in place of DNS: host to address or address:port.")),
  ca_files: maybe(described(v.array(field.hostFile), "PEM files of certificate authorities that upstreams may be signed by, besides the system's.")),
  allow_private: maybe(described(v.array(v.strictObject({ host: field.exactHost, port: field.port, cidr: field.cidr })),
    "Private addresses that are let through, each at one host and port.")),
  dlp: maybe(described(v.strictObject({
    engine: maybe(described(field.dlpEngine, "builtin (default), pipelock (a second hop) or both.")),
    known_files: maybe(described(field.someOf(field.hostFile), "Files with values that must not leave, one a line.")),
    packs: maybe(described(field.someOf(field.dlpPack), "Detectors with false positives: entropy, pii, bip39.")),
  }), "The leak scan.")),
  upstream_proxy: maybe(described(upstreamProxy, "A proxy that everything goes through on its way out.")),
  dangerously_allow_all: maybe(described(v.literal(true), "Lets a route name every host by \"*\".")),
});

const git = v.strictObject({
  name: described(field.nameField("a git upstream"), "The upstream's name in messages and in the log."),
  upstream: field.upstream,
  identity_file: maybe(described(field.hostFile, "The private SSH key, on the host; it never enters the bottle.")),
  known_host_key: maybe(field.hostKey),
  push: maybe(described(field.someOf(field.branchPattern), "Branches that may be pushed; all if absent.")),
  tags: maybe(described(v.boolean(), "Whether new tags may be pushed; false by default.")),
  force: maybe(described(field.someOf(field.branchPattern), "Branches that may be rewound; none if absent.")),
  delete: maybe(described(field.someOf(field.branchPattern), "Branches, and with tags: true also tags, that may be deleted; none if absent.")),
  stale: maybe(described(field.stale, "What a fetch gets while the upstream cannot be reached: allow what the gate has, or refuse (default).")),
  review: maybe(described(v.boolean(), "Whether a push that changes workflow files, submodules or hooks is held for the operator; false by default.")),
});

const gitIdentity = v.strictObject({ name: field.gitName, email: field.gitEmail });

const limits = v.strictObject({
  memory: maybe(described(v.pipe(v.union([v.string(), v.number()]), rule(memoryFault)), "For example 2GiB or 512MiB, or a number of bytes.")),
  pids: maybe(described(field.pids, "Processes and threads.")),
  cpus: maybe(described(field.cpus, "Cores; 0.5 is half of one.")),
});

/** `bottles/<name>.md`, frontmatter, as written. */
export const bottleYaml = v.strictObject({
  backend: maybe(described(field.backend, "auto (default) takes the first that runs here.")),
  min_isolation: maybe(described(field.isolation, "The weakest isolation that is accepted; namespaces by default.")),
  workspace: maybe(described(field.workspaceMode, "How the project's files get inside; copy by default.")),
  env: maybe(env),
  git: maybe(described(v.array(git), "Upstreams behind the git gate.")),
  git_identity: maybe(described(gitIdentity, "Who commits inside; as in the host's git config if absent.")),
  egress: maybe(described(egress, "The way out. Without it nothing leaves.")),
  supervise: maybe(described(v.boolean(), "Whether the agent may ask the operator for more; false by default.")),
  runtime: maybe(described(field.runtime, "An OCI runtime by name, for example runsc. Only with backend: docker.")),
  limits: maybe(described(limits, "What the bottle may use of the machine.")),
});

/** `agents/<name>.md`, frontmatter, as written. */
export const agentYaml = v.strictObject({
  kind: described(field.nameField("an agent kind"), "What runs: claude, codex, gemini, opencode, shell or command."),
  bottle: described(field.nameField("a bottle"), "The bottle it runs in: bottles/<name>.md."),
  skills: maybe(described(v.array(field.nameField("a skill", 64)), "Skill folders that it is given.")),
  command: maybe(described(v.pipe(v.array(v.string()), v.minLength(1)), "Program and arguments; only for kind: command.")),
  env: maybe(described(env, "Variables inside the bottle; they win over the bottle's own.")),
});
