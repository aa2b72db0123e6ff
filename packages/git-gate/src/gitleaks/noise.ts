/** gitleaks' rule for any long word beside `key`, `token` and the like. */
const guess = "generic-api-key";

// They are full of checksums beside the names of packages; gitleaks' own configuration skips them whole, which needs their names.
const lockFile = /(?:^|\/)(?:(?:package-lock|npm-shrinkwrap|composer)\.json|composer\.lock|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|Cargo\.lock|Pipfile\.lock|poetry\.lock|uv\.lock|pdm\.lock|Gemfile\.lock|go\.(?:sum|mod)|gradle\.lockfile|flake\.lock|deno\.lock|Podfile\.lock|packages\.lock\.json)$/;

/** Whether a finding is the guessing rule's in a lock file. Its other rules count there as everywhere. */
export function isNoise(rule: string, path: string): boolean {
  return rule === guess && lockFile.test(path);
}
