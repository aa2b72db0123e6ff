import type { SecretPattern } from "../pattern.ts";
import { hasCrc32 } from "./checksum.ts";
import { randomAfter, randomHexAfter } from "./shape.ts";

/** Tokens to publish packages and images with. */
export const registryPatterns: readonly SecretPattern[] = [
  {
    id: "npm-token", title: "npm access token", severity: "critical", literals: ["npm_"],
    regexp: /npm_[A-Za-z0-9]{36}/g, check: (match) => hasCrc32(match.slice(4)),
  },
  // A macaroon: what follows the prefix is base64 of its location.
  {
    id: "pypi-token", title: "PyPI token", severity: "critical", literals: ["pypi-ageichlwas5vcmc", "pypi-agendgvzdc5wexbplm9yz"],
    regexp: /pypi-Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZ)[A-Za-z0-9_-]{50,1000}/g, check: randomAfter(/^pypi-Ag.{13,19}/),
  },
  {
    id: "crates-token", title: "crates.io token", severity: "critical", literals: ["cio"], isToken: true,
    regexp: /(?<![A-Za-z0-9])cio[A-Za-z0-9]{32}(?![A-Za-z0-9])/g, check: randomAfter(/^cio/),
  },
  {
    id: "rubygems-key", title: "RubyGems API key", severity: "critical", literals: ["rubygems_"],
    regexp: /rubygems_[0-9a-f]{48}/g, check: randomHexAfter(/^rubygems_/),
  },
  {
    id: "nuget-key", title: "NuGet API key", severity: "critical", literals: ["oy2"], isToken: true,
    regexp: /(?<![A-Za-z0-9])oy2[a-z0-9]{43}(?![A-Za-z0-9])/g, check: randomAfter(/^oy2/),
  },
  {
    id: "docker-hub-token", title: "Docker Hub token", severity: "critical", literals: ["dckr_pat_", "dckr_oat_"],
    regexp: /dckr_[po]at_[A-Za-z0-9_-]{27,36}/g, check: randomAfter(/^dckr_[po]at_/),
  },
  {
    id: "artifactory-key", title: "JFrog Artifactory key", severity: "critical", literals: ["akcp"],
    regexp: /(?<![A-Za-z0-9])AKCp[A-Za-z0-9]{68,72}(?![A-Za-z0-9])/g, check: randomAfter(/^AKCp/),
  },
  {
    id: "clojars-token", title: "Clojars token", severity: "critical", literals: ["clojars_"],
    regexp: /CLOJARS_[a-z0-9]{60}/gi, check: randomAfter(/^CLOJARS_/i),
  },
];
