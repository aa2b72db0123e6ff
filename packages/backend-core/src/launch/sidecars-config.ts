import type { SecretValue, SidecarsConfig } from "@bottle/manifest";
import type { ProxyCredential } from "../inside-env.ts";
import type { BottleSpec, GitSpec, UpstreamProxySpec } from "../spec.ts";
import type { StatePaths } from "../state/paths.ts";

/** Where sidecars keep the audit log, the egress's CA, the gate's repositories, the operator's socket and the queue. */
export type SidecarsPaths = Pick<StatePaths, "audit" | "egress" | "git" | "control" | "supervise">;

/** What an agent that wants another image is told: what the bottle's is made from, or what there is instead. */
export type AskableImage = { readonly dockerfile: string } | { readonly insteadOfImage: string };

/** What of the sidecars' configuration is not the spec's. */
export interface SidecarsPlace {
  readonly credential: ProxyCredential;
  readonly listen: Required<SidecarsConfig["listen"]>;
  readonly tokens: BottleSpec["egress"]["tokens"];
  /** Present if the agent may ask. */
  readonly image?: AskableImage | undefined;
}

/** What one bottle's sidecars are given; the gate and supervise only where the spec has them. */
export function sidecarsConfig(spec: BottleSpec, paths: SidecarsPaths, { credential, listen, tokens, image }: SidecarsPlace): SidecarsConfig {
  const { declaration, renewable, upstreamCas, secrets = {}, placeholders, upstreamProxy, pipelock } = spec.egress;
  return {
    identity: spec.identity,
    listen: { egress: listen.egress, ...(spec.git && { gitGate: listen.gitGate }), ...(image && { supervise: listen.supervise }) },
    control: { unix: paths.control },
    auditFile: paths.audit,
    egress: {
      caDirectory: paths.egress,
      proxyCredential: credential,
      declaration,
      upstreamCas,
      tokens: revealed(tokens),
      ...(renewable && { renewable: renewable.refs }),
      secrets: Object.entries(revealed({ ...spec.secretEnv, ...secrets })).map(([name, value]) => ({ name, value })),
      ...(placeholders && { placeholders }),
      ...(upstreamProxy && { upstreamProxy: revealedProxy(upstreamProxy) }),
      ...(pipelock && { pipelock }),
    },
    ...(spec.git && { git: gateConfig(spec.git, paths.git) }),
    ...(image && { supervise: { directory: paths.supervise, ...image } }),
  };
}

function gateConfig({ repositories, knownHostsFiles }: GitSpec, directory: string): NonNullable<SidecarsConfig["git"]> {
  return { directory, repositories, ...(knownHostsFiles && { knownHostsFiles }) };
}

function revealed(values: Readonly<Record<string, SecretValue>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.reveal()]));
}

function revealedProxy({ credential, ...proxy }: UpstreamProxySpec): NonNullable<SidecarsConfig["egress"]["upstreamProxy"]> {
  if (credential === undefined) return proxy;
  const [username = "", ...rest] = credential.reveal().split(":");
  return { ...proxy, credential: { username, password: rest.join(":") } };
}
