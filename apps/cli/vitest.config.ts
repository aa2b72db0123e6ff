import { defineConfig } from "vitest/config";
import { shared } from "../../vitest.shared.ts";

// Only these wait for an engine, which is the one that the backend's own tests use.
const onEngine = ["src/docker*.int.test.ts"];
const globalSetup = "../../packages/backend-docker/src/testing/engine.setup.ts";

export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    // Each project adds its own to it.
    include: [],
    projects: [
      { test: { name: "cli", include: shared.test?.include ?? [], exclude: onEngine } },
      { test: { name: "cli-docker", include: onEngine, globalSetup } },
    ],
  },
});
