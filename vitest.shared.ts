import { basename, join } from "node:path";
import type { ViteUserConfig } from "vitest/config";

// Where CI adds the counts up from.
const reports = process.env["BOTTLE_TEST_REPORTS"];

/** What every project's vitest.config.ts starts from: sources by export condition, forks, bounded time. */
export const shared: ViteUserConfig = {
  resolve: { conditions: ["@bottle/source"] },
  ssr: { resolve: { conditions: ["@bottle/source"], externalConditions: ["@bottle/source"] } },
  test: {
    include: ["src/**/*.test.ts"],
    pool: "forks",
    execArgv: ["--conditions=@bottle/source"],
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    ...(reports !== undefined && { reporters: ["default", "json"], outputFile: { json: join(reports, `${basename(process.cwd())}.json`) } }),
    restoreMocks: true,
    unstubEnvs: true,
  },
};
