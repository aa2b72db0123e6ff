import type { PrivateAllowance } from "@bottle/way-out";
import { type Field, integer, list, map, record, refined, text } from "../config/fields.ts";
import { filledFault, pathFault, variableFault } from "../config/rules.ts";
import type { Login } from "./model.ts";
import { fixedHostFault, hostFault, rangeFault } from "./rules.ts";

/** A user, and where the password is. */
export const login: Field<Login> = refined(
  map({ username: text((name) => filledFault(name) ?? (name.includes(":") ? { code: "name-invalid", message: "A username cannot have a colon (RFC 7617)." } : undefined)) },
    { password_env: text((name) => variableFault(name)), password_file: text(pathFault) }),
  ({ username, password_env: env, password_file: file }, node, at) => {
    if (env !== undefined && file === undefined) return { username, password: { env } };
    if (file !== undefined && env === undefined) return { username, password: { file } };
    at.report(node.offset, { code: "source-invalid", message: `\`${at.path}\` must have password_env or password_file, one of them.`, mend: "For example: password_env: EGRESS_PASSWORD" });
    return undefined;
  },
);

const allowance: Field<PrivateAllowance> = map({ host: text(hostFault), port: integer(1, 65_535), cidr: text(rangeFault) }, {});

/** Keys of a file that say where upstreams are. */
export const reachKeys = { hosts: record(hostFault, text(fixedHostFault)), allow_private: list(allowance) };

/** Keys of `upstream_proxy` beside `url`. */
export const upstreamProxyKeys = { credential: login, no_proxy: list(text(filledFault), { isFilled: true }), cas: list(text(pathFault)) };
