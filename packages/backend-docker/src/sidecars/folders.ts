/** Where the sidecars' container keeps its files: CA, audit log, control socket, the queue of proposals. */
export const sidecarsFolder = "/var/lib/bottle";
/** Where its sidecars take the operator's orders. */
export const controlSocket = `${sidecarsFolder}/control.sock`;
/** What of that folder comes home with a bottle and goes into a resumed one, besides the audit log: the CA, the queue of proposals and the grants. */
export const keptFolders = ["egress", "supervise"] as const;
/** Where it keeps the git gate's repositories: a volume of their own, since what upstreams have is fetched again and not brought home. */
export const gateFolder = "/var/lib/gate";
/** Where it keeps keys and known hosts of the git gate, in memory alone. */
export const gateKeys = "/tmp/gate-keys";
/** Where it has what the agent sees as /etc/bottle. */
export const sidecarsShown = "/shown";
/** The file in its folder that says that every volume was filled to its end: what is in them is newer than the state directory. */
export const filledMark = "filled";
/** Where sidecars and pipelock have what they share: its config, its CA, known secrets. In memory alone. */
export const pipelockFolder = "/pipelock";
/** What pipelock's container is called, for the sidecars alone. */
export const pipelockHost = "pipelock-hop";
