import { defineConfig } from "vitest/config";
import { shared } from "../../vitest.shared.ts";

// Only these wait for an engine.
const onEngine = ["src/**/*.int.test.ts"];

// A launch takes two seconds, and twenty where ten are under way on two cores.
const patience = { testTimeout: 60_000, hookTimeout: 180_000 };

export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    // Each project adds its own to it.
    include: [],
    projects: [
      { test: { name: "backend-docker", include: shared.test?.include ?? [], exclude: onEngine } },
      { test: { name: "backend-docker-engine", include: onEngine, globalSetup: "src/testing/engine.setup.ts", ...patience } },
    ],
  },
});
