import { defineConfig, mergeConfig } from "vitest/config";
import { shared } from "../../vitest.shared.ts";

// A push is a dozen processes of git and ssh, which a busy machine takes seconds for.
export default mergeConfig(shared, defineConfig({ test: { name: "git-gate", testTimeout: 120_000 } }));
