import * as v from "valibot";
import type { EgressDeclaration, GitDeclaration } from "../model.ts";
import { programFault } from "../rules/program.ts";
import { headerNameFault, queryNameFault } from "../rules/request.ts";
import * as field from "../schema/fields.ts";

const maybe = v.exactOptional;

const auth = v.pipe(
  v.strictObject({
    scheme: field.authScheme, tokenRef: field.hostVariable, name: maybe(v.string()),
    in: maybe(v.array(field.placeholderPart)), region: maybe(field.awsName), service: maybe(field.awsName),
  }),
  v.check(({ scheme, name }) => {
    if (scheme === "header") return name !== undefined && !headerNameFault(name);
    return scheme === "query" ? name !== undefined && !queryNameFault(name) : name === undefined;
  }),
);

const route = v.strictObject({
  host: field.routeHost,
  ports: maybe(v.array(field.port)),
  methods: maybe(v.array(field.method)),
  paths: maybe(v.array(field.path)),
  auth: maybe(auth),
  dlp: maybe(field.dlp),
  streaming: maybe(v.boolean()),
  deny: maybe(v.boolean()),
  websocket: maybe(v.boolean()),
  passthrough: maybe(v.boolean()),
  limits: maybe(v.strictObject({ requestsPerMinute: maybe(field.count), bytesOutPerMinute: maybe(field.count), concurrent: maybe(field.count) })),
});

const command = v.pipe(field.someOf(field.word), v.check(([program = ""]) => programFault(program) === undefined));
const token = v.union([
  v.strictObject({ env: field.hostVariable }),
  v.strictObject({ file: field.hostFile }),
  v.strictObject({ command, ttlSeconds: maybe(field.seconds(field.longestTtlSeconds)), timeoutSeconds: maybe(field.seconds(field.longestTimeoutSeconds)) }),
]);

/** `EgressDeclaration` of the model, judged by the rules of the manifest. */
export const egressModel: v.GenericSchema<unknown, EgressDeclaration> = v.pipe(v.strictObject({
  routes: v.array(route),
  tokens: maybe(v.record(field.hostVariable, token)),
  hosts: v.record(field.exactHost, field.socketAddress),
  caFiles: v.array(field.hostFile),
  allowPrivate: v.array(v.strictObject({ host: field.exactHost, port: field.port, cidr: field.cidr })),
  dlp: v.strictObject({ engine: field.dlpEngine, knownFiles: maybe(v.array(field.hostFile)), packs: maybe(v.array(field.dlpPack)) }),
  upstreamProxy: maybe(v.strictObject({
    proxy: field.proxyUrl, credentialRef: maybe(field.hostVariable), noProxy: maybe(v.array(field.noProxy)), caFiles: maybe(v.array(field.hostFile)),
  })),
  dangerouslyAllowAll: maybe(v.boolean()),
}), v.rawCheck(({ dataset, addIssue }) => {
  if (!dataset.typed || dataset.value.dangerouslyAllowAll === true) return;
  const { value } = dataset;
  const index = value.routes.findIndex(({ host, deny }) => host === "*" && deny !== true);
  if (index === -1) return;
  const step = (input: object, key: string | number, found: unknown): v.IssuePathItem => ({ type: "unknown", origin: "value", input, key, value: found });
  const route = value.routes[index] ?? { host: "" };
  addIssue({ message: "refused", path: [step(value, "routes", value.routes), step(value.routes, index, route), step(route, "host", route.host)] });
}));

const branches = maybe(field.someOf(field.branchPattern));

/** `GitDeclaration` of the model, judged likewise. */
export const gitModel: v.GenericSchema<unknown, GitDeclaration> = v.strictObject({
  name: field.nameField("a git upstream"), upstream: field.upstream,
  identityFile: maybe(field.hostFile), knownHostKey: maybe(field.hostKey),
  push: branches, force: branches, delete: branches,
  tags: maybe(v.boolean()), stale: maybe(field.stale), review: maybe(v.boolean()),
});
