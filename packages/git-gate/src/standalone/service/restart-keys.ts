import { isDeepStrictEqual } from "node:util";
import type { StandaloneConfig } from "../config/config.ts";

// What a running gate cannot change, as the file writes it.
const restartKeys: readonly (readonly [key: keyof StandaloneConfig, written: string])[] = [
  ["listen", "listen"], ["directory", "directory"], ["hosts", "hosts"], ["allowPrivate", "allow_private"], ["upstreamProxy", "upstream_proxy"], ["canaries", "canaries"], ["packs", "packs"],
  ["limits", "limits"], ["gitleaks", "gitleaks"], ["audit", "audit"], ["control", "operator"], ["howToAsk", "how_to_ask"],
];

/** The keys of a file that differ from what runs and that only a restart brings into force. */
export function restartNeeded(running: StandaloneConfig, wanted: StandaloneConfig): readonly string[] {
  return restartKeys.filter(([key]) => !isDeepStrictEqual(running[key], wanted[key])).map(([, written]) => written);
}
