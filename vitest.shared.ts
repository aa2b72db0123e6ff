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

/**
 * A project of which some tests need a Docker engine, and only they start one or wait for it.
 * @param engineSetup path of the set-up that starts it
 */
export function withEngine({ name, onEngine, engineSetup, patience = {} }: {
  readonly name: string;
  readonly onEngine: readonly string[];
  readonly engineSetup: string;
  readonly patience?: { readonly testTimeout?: number; readonly hookTimeout?: number };
}): ViteUserConfig {
  const include = [...onEngine];
  return {
    ...shared,
    test: {
      ...shared.test,
      // Each project adds its own to it.
      include: [],
      projects: [
        { test: { name, include: shared.test?.include ?? [], exclude: include } },
        { test: { name: `${name}-docker`, include, globalSetup: engineSetup, ...patience } },
      ],
    },
  };
}
