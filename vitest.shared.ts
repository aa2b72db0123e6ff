import type { ViteUserConfig } from "vitest/config";

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
    restoreMocks: true,
    unstubEnvs: true,
  },
};
