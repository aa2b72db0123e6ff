import { withEngine } from "../../vitest.shared.ts";

// The engine is the one that the backend's own tests use.
export default withEngine({ name: "cli", onEngine: ["src/docker*.int.test.ts"], engineSetup: "../../packages/backend-docker/src/testing/engine.setup.ts" });
