/**
 * The environment of every git that the gate runs: nothing of the host's configuration, nobody to ask, no replacement objects (a
 * push of refs/replace would else show the scan other objects than the upstream gets), messages that can be read.
 * @param home an empty directory that is nobody's home
 */
export function gitEnvironment(home: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: home,
    XDG_CONFIG_HOME: home,
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "true",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    // By it a later run of bottle finds what a gate that was killed has left.
    ...(process.env["BOTTLE_OWNED"] === undefined ? {} : { BOTTLE_OWNED: process.env["BOTTLE_OWNED"] }),
    ...more,
  };
}

/** What git tells a hook of the quarantine that a push's objects are in (git-receive-pack): without them they cannot be seen. */
export const quarantineVariables = ["GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"] as const;
