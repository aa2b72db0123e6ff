import * as v from "valibot";
import type { SidecarsConfig } from "../model.ts";
import * as field from "../schema/fields.ts";
import { egressModel, gitModel } from "./model-schemas.ts";
import { readJson } from "./read-json.ts";

const absolute = v.pipe(v.string(), v.regex(/^\/[^\0-\x1f\x7f]*$/));
const unix = v.strictObject({ unix: absolute });
const tcp = v.strictObject({ host: field.exactHost, port: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)) });

const git = v.strictObject({
  directory: absolute,
  repositories: v.pipe(v.array(gitModel), v.minLength(1), v.check((all) => all.every(({ identityFile }) => identityFile === undefined || v.is(absolute, identityFile)))),
  knownHostsFiles: v.exactOptional(v.array(absolute)),
  files: v.exactOptional(v.record(absolute, v.string())),
});

const schema: v.GenericSchema<unknown, SidecarsConfig> = v.pipe(v.strictObject({
  identity: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,40}-[0-9a-z]{5}$/)),
  listen: v.strictObject({ egress: v.union([unix, tcp]), gitGate: v.exactOptional(v.union([unix, tcp])), supervise: v.exactOptional(v.union([unix, tcp])) }),
  control: unix,
  auditFile: absolute,
  egress: v.strictObject({
    caDirectory: absolute,
    proxyCredential: v.strictObject({ username: v.pipe(v.string(), v.minLength(1)), password: v.pipe(v.string(), v.minLength(1)) }),
    declaration: egressModel,
    upstreamCas: v.array(v.string()),
    tokens: v.record(field.hostVariable, v.string()),
    renewable: v.exactOptional(v.array(field.hostVariable)),
    secrets: v.exactOptional(v.array(v.strictObject({ name: v.string(), value: v.string() }))),
    placeholders: v.exactOptional(v.record(field.hostVariable, v.string())),
    pipelock: v.exactOptional(v.union([v.strictObject({ binary: absolute }), v.strictObject({ beside: field.exactHost, directory: absolute })])),
    upstreamProxy: v.exactOptional(v.strictObject({
      proxy: field.proxyUrl,
      credential: v.exactOptional(v.strictObject({ username: v.string(), password: v.string() })),
      noProxy: v.exactOptional(v.array(field.noProxy)),
      caCertificates: v.exactOptional(v.array(v.string())),
    })),
  }),
  git: v.exactOptional(git),
  supervise: v.exactOptional(v.strictObject({ directory: absolute, dockerfile: v.exactOptional(v.string()), insteadOfImage: v.exactOptional(v.string()) })),
}), v.forward(v.check(({ git: gate, listen }) => (gate === undefined) === (listen.gitGate === undefined)), ["listen"]),
  v.forward(v.check(({ supervise, listen }) => (supervise === undefined) === (listen.supervise === undefined)), ["listen"]));

/**
 * Reads what one bottle's sidecars are given on standard input; it is written as plain JSON (`JSON.stringify`).
 * @throws ManifestError `sidecars-config-invalid`; it names places and never values, for the text holds credentials
 */
export function parseSidecarsConfig(text: string): SidecarsConfig {
  return readJson(text, { schema, code: "sidecars-config-invalid", noun: "The configuration of the sidecars" });
}
