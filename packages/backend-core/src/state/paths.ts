import { join } from "node:path";

/** Where everything of one bottle lies. All absolute. */
export interface StatePaths {
  readonly root: string;
  readonly metadata: string;
  /** The resolved manifests of the launch, for `resume`. */
  readonly manifest: string;
  /** The egress's own files; its CA's key is here, so nothing of it is ever shown inside. */
  readonly egress: string;
  /** The git gate's bare repositories; nothing of it is ever shown inside. */
  readonly git: string;
  /** The agent's home. Written by the agent: never follow a link out of it. */
  readonly home: string;
  /** The copied workspace. Written by the agent: never follow a link out of it. */
  readonly workspace: string;
  /** What is shown read-only at /etc/bottle inside. */
  readonly shown: string;
  readonly logs: string;
  readonly audit: string;
  /** What is noted of the audit log; outside `root`, so that who can write there alone cannot change both. */
  readonly witness: string;
  readonly control: string;
  /** The queue of proposals and the grants; nothing of it is ever shown inside. */
  readonly supervise: string;
  /** Sockets of the sidecars that the bottle may reach. */
  readonly sockets: string;
}

/** The paths of `identity` below a BOTTLE_HOME. The caller has checked the identity. */
export function statePaths(home: string, identity: string): StatePaths {
  const root = join(home, "state", identity);
  return {
    root,
    metadata: join(root, "metadata.json"),
    manifest: join(root, "manifest.json"),
    egress: join(root, "egress"),
    git: join(root, "git"),
    home: join(root, "agent"),
    workspace: join(root, "workspace"),
    shown: join(root, "shown"),
    logs: join(root, "logs"),
    audit: join(root, "audit.jsonl"),
    witness: join(home, "witness", `${identity}.jsonl`),
    control: join(root, "control.sock"),
    supervise: join(root, "supervise"),
    sockets: join(root, "sockets"),
  };
}
