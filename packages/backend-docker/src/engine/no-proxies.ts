const names = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY"];

/**
 * Variables that docker and compose copy out of docker's own settings (`proxies` in config.json, passwords included) into
 * every container they make, unless they are set. Empty counts as set there, and as unset for who reads them.
 */
export const noProxies: Readonly<Record<string, string>> = Object.fromEntries(names.flatMap((name) => [[name, ""], [name.toLowerCase(), ""]]));

/** The same as arguments of `docker create`. */
export const noProxyArguments: readonly string[] = Object.keys(noProxies).flatMap((name) => ["--env", `${name}=`]);
