import type { SecretPattern } from "../pattern.ts";
import { randomAfter, randomHexAfter } from "./shape.ts";

/** What developers plan, document and watch their work with. */
export const developerToolPatterns: readonly SecretPattern[] = [
  {
    id: "linear-key", title: "Linear API key or OAuth token", severity: "critical", literals: ["lin_api_", "lin_oauth_"],
    regexp: /lin_(?:api|oauth)_[A-Za-z0-9]{40,64}/g, check: randomAfter(/^lin_[a-z]{3,5}_/),
  },
  {
    id: "notion-token", title: "Notion integration token", severity: "critical", literals: ["ntn_", "secret_"],
    regexp: /(?<![A-Za-z0-9_])(?:ntn_\d{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43})(?![A-Za-z0-9])/g, check: randomAfter(/^(?:ntn|secret)_/),
  },
  {
    id: "sentry-token", title: "Sentry auth token", severity: "critical", literals: ["sntrys_", "sntryu_"],
    regexp: /sntryu_[0-9a-f]{64}|sntrys_eyJ[A-Za-z0-9+/=_-]{40,400}/g, check: randomAfter(/^sntry[su]_/),
  },
  {
    id: "postman-key", title: "Postman API key", severity: "critical", literals: ["pmak-"],
    regexp: /PMAK-[0-9a-f]{24}-[0-9a-f]{34}/gi, check: randomHexAfter(/^PMAK-/i),
  },
  {
    id: "figma-token", title: "Figma token", severity: "critical", literals: ["figd_", "figu_", "figo_"],
    regexp: /(?<![A-Za-z0-9])fig[duo]_[A-Za-z0-9_-]{38,60}/g, check: randomAfter(/^fig[duo]_/),
  },
  {
    id: "airtable-token", title: "Airtable personal access token", severity: "critical", literals: ["pat"], isToken: true,
    regexp: /(?<![A-Za-z0-9])pat[A-Za-z0-9]{14}\.[0-9a-f]{64}/g, check: randomHexAfter(/^pat[A-Za-z0-9]{14}\./),
  },
  {
    id: "sonarqube-token", title: "SonarQube token", severity: "high", literals: ["squ_", "sqp_", "sqa_"],
    regexp: /(?<![A-Za-z0-9])sq[upa]_[0-9a-f]{40}(?![0-9a-f])/g, check: randomHexAfter(/^sq[upa]_/),
  },
  {
    id: "launchdarkly-key", title: "LaunchDarkly SDK or API key", severity: "medium", literals: ["sdk-", "api-"],
    regexp: /(?<![A-Za-z0-9])(?:sdk|api)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-f])/g,
    check: randomHexAfter(/^(?:sdk|api)-/),
  },
  {
    id: "buildkite-token", title: "Buildkite API or agent token", severity: "critical", literals: ["bkua_", "bkat_", "bkct_"],
    regexp: /bk(?:ua|at|ct)_[A-Za-z0-9]{40,120}/g, check: randomAfter(/^bk[a-z]{2}_/),
  },
];
