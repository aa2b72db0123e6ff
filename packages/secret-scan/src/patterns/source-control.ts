import type { SecretPattern } from "../pattern.ts";
import { hasCrc32 } from "./checksum.ts";
import { isRandom, randomAfter } from "./shape.ts";

/** Tokens of GitHub, GitLab, Bitbucket and Atlassian. */
export const sourceControlPatterns: readonly SecretPattern[] = [
  {
    id: "github-token", title: "GitHub token", severity: "critical", literals: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
    regexp: /gh[pousr]_[A-Za-z0-9]{36,251}/g, check: (match) => isGithubToken(match.slice(4)),
  },
  // Since April 2026: ghs_APPID_JWT.
  {
    id: "github-installation-token", title: "GitHub App installation or user token (stateless)", severity: "critical", literals: ["ghs_", "ghu_"],
    regexp: /gh[su]_(?:[A-Za-z0-9]{1,20}_)?eyJ[A-Za-z0-9_-]{8,160}\.[A-Za-z0-9_-]{16,2000}/g, check: randomAfter(/^gh[su]_/),
  },
  {
    id: "github-fine-grained-token", title: "GitHub fine-grained personal access token", severity: "critical", literals: ["github_pat_"],
    regexp: /github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}/g, check: randomAfter(/^github_pat_/),
  },
  {
    id: "gitlab-token", title: "GitLab token", severity: "critical",
    literals: ["glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-", "glsoat-", "glffct-", "glwt-"],
    regexp: /gl(?:pat|dt|rtr|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[A-Za-z0-9_.-]{20,320}/g, check: randomAfter(/^gl[a-z]{2,5}-/),
  },
  {
    id: "gitlab-runner-registration", title: "GitLab runner registration token", severity: "high", literals: ["gr1348941"],
    regexp: /GR1348941[A-Za-z0-9_-]{20,50}/g, check: randomAfter(/^GR1348941/),
  },
  {
    id: "atlassian-token", title: "Atlassian API or access token", severity: "critical", literals: ["atatt3", "atctt3"],
    regexp: /AT[AC]TT3[A-Za-z0-9_=-]{60,400}/g, check: randomAfter(/^AT[AC]TT3/),
  },
  {
    id: "bitbucket-app-password", title: "Bitbucket app password", severity: "critical", literals: ["atbb"],
    regexp: /(?<![A-Za-z0-9])ATBB[A-Za-z0-9]{32}(?![A-Za-z0-9])/g, check: randomAfter(/^ATBB/),
  },
];

// A classic token is 30 random characters and their CRC-32; GitHub keeps longer ones for later, without saying how they end.
function isGithubToken(body: string): boolean {
  return hasCrc32(body.slice(0, 36)) || (body.length > 36 && isRandom(body));
}
