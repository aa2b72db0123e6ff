import { expect, test } from "vitest";
import { formatMetadata, ManifestError, parseMetadata, type Metadata } from "../index.ts";

const metadata: Metadata = {
  version: 1, identity: "demo-4k2x9", agent: "demo", bottle: "dev", kind: "claude", backend: "bubblewrap",
  createdAt: "2026-01-02T03:04:05.678Z", status: "running", agentStarted: true, exitCode: 3,
  keeper: { pid: 42, startTime: "123456789" }, workspace: { mode: "copy", source: "/home/me/app", target: "/workspace" },
  resources: { pid: 43, cgroup: "/x", relay: null }, resumedAt: "2026-01-02T03:04:05Z", endedAt: "2026-01-02T03:04:06Z",
};
const refusal = (text: string): unknown => {
  try {
    return parseMetadata(text);
  } catch (error) {
    return error instanceof ManifestError ? `${error.code} ${error.message}` : error;
  }
};

test("what is written is read back", () => {
  expect(parseMetadata(formatMetadata(metadata))).toEqual(metadata);
});

test("the text is JSON with two spaces and one line feed at the end", () => {
  expect(formatMetadata(metadata)).toMatch(/^\{\n {2}"version": 1,\n[\s\S]*\n\}\n$/);
});

test.each([
  ["", "metadata-invalid metadata.json is not JSON (0 characters). It may have been cut short."],
  ["{\"version\": 1, \"hunter2", "metadata-invalid metadata.json is not JSON (23 characters). It may have been cut short."],
  ["{\"version\": 2}", "metadata-version metadata.json has version 2; this bottle reads version 1. Use the bottle that made it, or a newer one."],
  ["[]", expect.stringMatching(/^metadata-invalid metadata\.json is not as bottle writes it: version is missing; identity is missing;/)],
  [JSON.stringify({ ...metadata, identity: "../x" }), "metadata-invalid metadata.json is not as bottle writes it: identity has a wrong form."],
  [JSON.stringify({ ...metadata, extra: 1 }), "metadata-invalid metadata.json is not as bottle writes it: extra is unknown."],
  [JSON.stringify({ ...metadata, status: "gone" }), "metadata-invalid metadata.json is not as bottle writes it: status must be (\"starting\" | \"running\" | \"stopped\" | \"crashed\")."],
  [JSON.stringify({ ...metadata, createdAt: "yesterday" }), "metadata-invalid metadata.json is not as bottle writes it: createdAt has a wrong form."],
  [JSON.stringify({ ...metadata, keeper: { pid: 0, startTime: "1" } }), "metadata-invalid metadata.json is not as bottle writes it: keeper.pid has a wrong form."],
  [JSON.stringify({ ...metadata, resources: { a: {} } }), "metadata-invalid metadata.json is not as bottle writes it: resources.a must be (string | number | null)."],
])("%j is refused with its reason", (text, expected) => {
  expect(refusal(text)).toEqual(expected);
});
