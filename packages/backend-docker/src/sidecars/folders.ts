/** Where the sidecars' container keeps its files: CA, audit log, control socket. */
export const sidecarsFolder = "/var/lib/bottle";
/** Where it has what the agent sees as /etc/bottle. */
export const sidecarsShown = "/shown";
/** The file in its folder that says that every volume was filled to its end: what is in them is newer than the state directory. */
export const filledMark = "filled";
