import { readConfigFile, type Shown } from "@bottle/standalone";
import type { StandaloneConfig } from "./config.ts";
import { parseConfig } from "./parse-config.ts";

/** What of the file may be shown in a message. */
export const shown: Shown = {
  openSections: [
    "listen", "allow_remote", "directory", "repositories", "hosts", "allow_private", "packs", "limits", "gitleaks", "audit", "operator", "how_to_ask",
  ],
  secretWords: ["auth", "token", "password", "secret", "credential"],
};

/**
 * Reads and checks a configuration file.
 * @throws StandaloneError `config-unreadable`, `config-unsafe`, `config-invalid` with every problem, its place and its mend
 */
export function readConfig(file: string, cwd: string): Promise<StandaloneConfig> {
  return readConfigFile(file, cwd, { parse: parseConfig, shown });
}
