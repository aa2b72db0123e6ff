import * as v from "valibot";
import type { EgressDeclaration } from "../model.ts";
import { headerNameFault, queryNameFault } from "../rules/request.ts";
import * as field from "../schema/fields.ts";

const maybe = v.exactOptional;

const auth = v.pipe(
  v.strictObject({ scheme: field.authScheme, tokenRef: field.hostVariable, name: maybe(v.string()) }),
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
});

/** `EgressDeclaration` of the model, judged by the rules of the manifest. */
export const egressModel: v.GenericSchema<unknown, EgressDeclaration> = v.strictObject({
  routes: v.array(route),
  hosts: v.record(field.exactHost, field.socketAddress),
  caFiles: v.array(field.hostFile),
  allowPrivate: v.array(v.strictObject({ host: field.exactHost, port: field.port, cidr: field.cidr })),
  dlp: v.strictObject({ engine: field.dlpEngine }),
});
