import { isDeepStrictEqual } from "node:util";
import type { StandaloneConfig } from "../config/config.ts";

// What a running proxy cannot change, as the file writes it.
const restartKeys: readonly (readonly [key: keyof StandaloneConfig, written: string])[] = [
  ["listen", "listen"], ["caDirectory", "ca_directory"], ["caName", "ca_name"], ["proxyCredential", "proxy_credential"], ["placeholders", "placeholders"], ["upstreamProxy", "upstream_proxy"], ["hosts", "hosts"],
  ["allowPrivate", "allow_private"], ["upstreamCas", "upstream_cas"], ["dlp", "dlp"], ["audit", "audit"], ["operator", "operator"], ["howToAsk", "how_to_ask"],
  ["maxConnections", "max_connections"], ["timeouts", "timeouts"],
];

/** The keys of a file that differ from what runs and that only a restart brings into force. */
export function restartNeeded(running: StandaloneConfig, wanted: StandaloneConfig): readonly string[] {
  return restartKeys.filter(([key]) => !isDeepStrictEqual(running[key], wanted[key])).map(([, written]) => written);
}
