import * as v from "valibot";
import { gitFindingSchema, refChangeSchema } from "../audit/schema.ts";
import * as field from "../schema/fields.ts";
import type { Ask, AskedRoute, Grant, Proposal } from "./model.ts";

const maybe = v.exactOptional;
const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(count, v.minValue(1));
const id = v.pipe(v.string(), v.regex(/^p-[0-9a-z]{8}$/));
const listed = 100;
const longestDockerfile = 65_536;
const longestJustification = 4096;

/** The shape of a route that may be asked for; `*` as a host never is. */
export const askedRouteSchema: v.GenericSchema<unknown, AskedRoute> = v.strictObject({
  host: v.pipe(field.routeHost, v.check((host) => host !== "*")),
  ports: maybe(v.pipe(v.array(field.port), v.minLength(1), v.maxLength(20))),
  methods: maybe(v.pipe(v.array(field.method), v.minLength(1), v.maxLength(20))),
  paths: maybe(v.pipe(v.array(field.path), v.minLength(1), v.maxLength(50))),
});

const askSchema: v.GenericSchema<unknown, Ask> = v.variant("kind", [
  v.strictObject({ kind: v.literal("egress"), route: askedRouteSchema }),
  v.strictObject({ kind: v.literal("pipelock"), route: askedRouteSchema }),
  v.strictObject({ kind: v.literal("capability"), dockerfile: v.pipe(v.string(), v.minLength(1), v.maxLength(longestDockerfile)) }),
  v.strictObject({
    kind: v.literal("push"),
    push: v.strictObject({
      repository: v.string(),
      updates: v.pipe(v.array(refChangeSchema), v.minLength(1)),
      findings: v.pipe(v.array(gitFindingSchema), v.maxLength(listed)),
      review: v.pipe(v.array(v.string()), v.maxLength(listed)),
      unlisted: maybe(positive),
    }),
  }),
]);

const lifetime = { until: maybe(time), uses: maybe(positive) };

/** The shape of a file of the queue. */
export const proposalSchema: v.GenericSchema<unknown, Proposal> = v.pipe(
  v.strictObject({
    version: v.literal(1),
    id,
    identity: v.string(),
    state: v.picklist(["pending", "approved", "rejected", "expired", "withdrawn", "applied", "failed"]),
    createdAt: time,
    changedAt: time,
    expiresAt: time,
    ask: askSchema,
    justification: v.pipe(v.string(), v.maxLength(longestJustification)),
    hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    decision: maybe(v.strictObject({ by: v.string(), at: time, reason: maybe(v.string()), route: maybe(askedRouteSchema), always: maybe(v.boolean()), ...lifetime })),
    failure: maybe(v.string()),
  }),
  v.check(({ state, failure }) => (state === "failed") === (failure !== undefined)),
  v.check(({ state, decision }) => (["pending", "expired", "withdrawn"].includes(state) ? decision === undefined : decision !== undefined)),
);

/** The shape of the grants in force. */
export const grantsSchema: v.GenericSchema<unknown, readonly Grant[]> = v.array(v.strictObject({
  proposal: id,
  kind: v.picklist(["egress", "pipelock"]),
  route: askedRouteSchema,
  since: time,
  used: count,
  lastUsedAt: maybe(time),
  always: maybe(v.boolean()),
  ...lifetime,
}));
