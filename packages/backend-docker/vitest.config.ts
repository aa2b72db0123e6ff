import { withEngine } from "../../vitest.shared.ts";

export default withEngine({
  name: "backend-docker", onEngine: ["src/**/*.int.test.ts"], engineSetup: "src/testing/engine.setup.ts",
  // A launch takes two seconds, and twenty where ten are under way on two cores.
  patience: { testTimeout: 60_000, hookTimeout: 180_000 },
});
