import { expect, test } from "vitest";
import { readLogLine } from "./log.ts";

const hash = "a".repeat(64);
const line = (entry: object): string => JSON.stringify({ level: "info", time: "2026-01-01T00:00:00Z", ...entry });

test.each<readonly [string, unknown]>([
  [line({ event: "startup", listen: "127.0.0.1:1", mode: "strict", version: "2.3.0", config_hash: hash, message: "pipelock started" }), { kind: "took", hash }],
  [line({ event: "config_reload", status: "success", detail: "mode=strict", config_hash: hash }), { kind: "took", hash }],
  [line({ event: "config_reload", status: "failed", detail: "x", config_hash: hash }), { kind: "refused" }],
  [line({ event: "error", method: "CONFIG_RELOAD", resource: "/x", error: "rejected: security downgrade from strict mode" }), { kind: "refused" }],
  [line({ event: "config_reload", status: "success" }), undefined],
  [line({ event: "config_reload", status: "success", config_hash: "defaults" }), undefined],
  [line({ event: "config_reload", status: "success", config_hash: 1 }), undefined],
  [line({ event: "blocked", url: `https://a.test/?event=config_reload&config_hash=${hash}`, reason: "config reload failed" }), undefined],
  [line({ event: "error", method: "GET", error: "CONFIG_RELOAD" }), undefined],
  ["null", undefined], ["[]", undefined], ["{", undefined], ["", undefined],
])("on standard output: %s", (text, expected) => {
  expect(readLogLine(text, "stdout")).toEqual(expected);
});

test.each<readonly [string, unknown]>([
  ["config reload error: yaml: unknown field", { kind: "refused" }],
  ["Config reload failed: keeping the old one", { kind: "refused" }],
  ["WARNING: config reload: api_allowlist - failed to matter", undefined],
  ["WARNING: running outside a container", undefined],
  [line({ event: "startup", config_hash: hash }), undefined],
  [line({ event: "config_reload", status: "success", config_hash: hash }), undefined],
])("on standard error: %s", (text, expected) => {
  expect(readLogLine(text, "stderr")).toEqual(expected);
});
