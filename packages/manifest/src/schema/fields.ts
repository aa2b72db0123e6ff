import * as v from "valibot";
import { cidrFault, socketAddressFault } from "../rules/address.ts";
import { branchPatternFault } from "../rules/branch-pattern.ts";
import { readNameFault, setNameFault } from "../rules/env-name.ts";
import { gitEmailFault, gitNameFault } from "../rules/git-identity.ts";
import { hostKeyFault } from "../rules/host-key.ts";
import { hostPathFault } from "../rules/host-path.ts";
import { hostFault, routeHostFault } from "../rules/host.ts";
import { nameRule, type NameNoun } from "../rules/name.ts";
import { wordFault } from "../rules/program.ts";
import { methodFault, pathFault } from "../rules/request.ts";
import { upstreamFault } from "../rules/upstream.ts";
import { rule } from "./rule.ts";

/** Texts and numbers that more than one schema holds. */
export const envName = v.pipe(v.string(), rule(setNameFault));
export const hostVariable = v.pipe(v.string(), rule(readNameFault), v.description("A variable of the operator's environment."));
export const routeHost = v.pipe(v.string(), rule(routeHostFault),
  v.description("A host name in lower case, \"*.example.com\" for its subdomains, or an IP address in canonical form."));
export const exactHost = v.pipe(v.string(), rule(hostFault), v.description("A host name in lower case, or an IP address in canonical form."));
export const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535), v.description("1 to 65535."));
export const method = v.pipe(v.string(), rule(methodFault), v.description("An HTTP method in capitals."));
export const path = v.pipe(v.string(), rule(pathFault), v.description("A path pattern: * is any run within one segment, ** any number of segments."));
export const cidr = v.pipe(v.string(), rule(cidrFault), v.description("The network that the resolved address must be in, for example 192.168.1.0/24."));
export const socketAddress = v.pipe(v.string(), rule(socketAddressFault), v.description("`address` or `address:port`; IPv6 in brackets."));
export const hostFile = v.pipe(v.string(), rule(hostPathFault));
export const upstream = v.pipe(v.string(), rule(upstreamFault), v.description("ssh://[user@]host[:port]/path, [user@]host:path or https://host/path."));
export const hostKey = v.pipe(v.string(), rule(hostKeyFault), v.description("The server's public key: type and base64, as in known_hosts without the host."));
export const branchPattern = v.pipe(v.string(), rule(branchPatternFault), v.description("A branch, or a pattern of some: * is anything but /, ** is anything."));
export const stale = v.picklist(["allow", "refuse"]);
export const gitName = v.pipe(v.string(), rule(gitNameFault), v.description("As git's user.name."));
export const gitEmail = v.pipe(v.string(), rule(gitEmailFault), v.description("As git's user.email."));
export const dlp = v.picklist(["block", "warn", "off"]);
export const dlpEngine = v.picklist(["builtin", "pipelock", "both"]);
export const backend = v.picklist(["auto", "bubblewrap", "docker", "smolmachines"]);
export const isolation = v.picklist(["namespaces", "container", "microvm"]);
export const workspaceMode = v.picklist(["copy", "bind", "none"]);
export const runtime = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/));
export const pids = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4_194_304));
export const cpus = v.pipe(v.number(), v.minValue(0.01), v.maxValue(4096));
export const authScheme = v.picklist(["bearer", "basic", "token", "header", "query", "placeholder", "sigv4"]);
export const placeholderPart = v.picklist(["header", "url", "body"]);
export const awsName = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/));
export const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));
export const dlpPack = v.picklist(["entropy", "pii", "bip39"]);
export const proxyUrl = v.pipe(v.string(), v.regex(/^https?:\/\/[^\s/?#@]+\/?$/), v.description("http://host:port or https://host:port, without a user."));
export const noProxy = v.pipe(v.string(), v.regex(/^[!-~]{1,255}$/));

export const seconds = (most: number): v.SchemaWithPipe<readonly [v.NumberSchema<undefined>, v.IntegerAction<number, undefined>, v.MinValueAction<number, 1, undefined>, v.MaxValueAction<number, number, undefined>]> =>
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));
export const longestTtlSeconds = 86_400;
export const longestTimeoutSeconds = 600;
/** One word of a command line; which programs there may be is judged by `programFault`. */
export const word = v.pipe(v.string(), rule(wordFault));

/** A name of agents, bottles, upstreams, skills. */
export function nameField(noun: NameNoun, longest?: number): v.SchemaWithPipe<readonly [v.StringSchema<undefined>, v.CheckAction<string, (issue: v.CheckIssue<string>) => string>]> {
  return v.pipe(v.string(), rule(nameRule(noun, longest)));
}

/** A list that, if it is there, allows something: an empty one would be read by some as all and by some as none. */
export function someOf<const S extends v.GenericSchema>(item: S): v.SchemaWithPipe<readonly [v.ArraySchema<S, undefined>, v.MinLengthAction<v.InferOutput<S>[], 1, undefined>]> {
  return v.pipe(v.array(item), v.minLength(1));
}
