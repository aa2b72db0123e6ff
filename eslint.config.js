import nx from "@nx/eslint-plugin";
import tseslint from "typescript-eslint";

// DESIGN §3: who may import whom. A scope that is not named here may import no other.
const imports = {
  manifest: [],
  agents: [],
  "secret-scan": [],
  "way-out": [],
  standalone: ["secret-scan", "way-out"],
  "backend-core": ["manifest"],
  "backend-bubblewrap": ["backend-core", "manifest"],
  "backend-docker": ["backend-core", "manifest"],
  "backend-smolmachines": ["backend-core", "manifest"],
  "git-gate": ["manifest", "secret-scan", "standalone", "way-out"],
  "supervise-mcp": ["manifest"],
  "egress-addon": ["secret-scan", "standalone", "way-out"],
  sidecars: ["manifest", "egress-addon", "git-gate", "supervise-mcp"],
  cli: ["manifest", "agents", "backend-core", "backend-bubblewrap", "backend-docker", "egress-addon", "sidecars"],
  "fixture-internet": ["egress-addon"],
  "scripted-model": [],
  "backend-conformance": ["backend-core", "manifest", "fixture-internet", "git-gate", "sidecars"],
  "docker-engine": ["backend-core"],
  "setup-host": ["cli"],
  bench: ["backend-core", "egress-addon", "git-gate", "release", "secret-scan"],
  release: [],
};

// One door per outside thing: the only files that may import it.
const doors = {
  execa: ["apps/cli/src/run.ts"],
  "node-forge": ["packages/egress-addon/src/authority/**"],
  "http-mitm-proxy": ["packages/egress-addon/src/front/**"],
  commander: ["apps/cli/src/main.ts", "apps/cli/src/program.ts", "apps/cli/src/commands/**", "packages/*/src/standalone/program.ts"],
  "@modelcontextprotocol/sdk": ["packages/supervise-mcp/src/mcp/**"],
  ink: ["apps/cli/src/dashboard/view/**"],
  react: ["apps/cli/src/dashboard/view/**"],
  "string-width": ["apps/cli/src/output/columns.ts"],
  yaml: ["packages/manifest/src/yaml/**", "packages/standalone/src/config/yaml.ts"],
};

const testkit = ["fixture-internet", "scripted-model", "backend-conformance", "docker-engine"];
const tests = ["**/*.test.ts", "**/src/testing/**", "**/src/fuzz/**", "tools/**"];
const closedDoors = (open) => Object.keys(doors).filter((name) => !open.includes(name))
  .map((name) => ({ name, message: `Only ${doors[name].join(", ")} may import ${name}.` }));
// What is imported from within a package counts as well.
const closedWithin = (open) => Object.keys(doors).filter((name) => !open.includes(name)).map((name) => `${name}/*`);
const closedTestkit = testkit.map((name) => ({ name: `@bottle/${name}`, message: "Tests only." }));
const restricted = (open, more = []) => ({
  "no-restricted-imports": ["error", { paths: [...closedDoors(open), ...more], patterns: [{ group: closedWithin(open), message: "Another file is the door to this package." }] }],
});

export default [
  { ignores: ["**/dist", "**/node_modules"] },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    plugins: { "@nx": nx },
    rules: {
      "@nx/enforce-module-boundaries": ["error", {
        enforceBuildableLibDependency: false,
        allow: ["../../vitest.shared.ts"],
        depConstraints: Object.entries(imports).map(([scope, allowed]) => ({
          sourceTag: `scope:${scope}`,
          onlyDependOnLibsWithTags: [...new Set([scope, ...allowed, ...testkit])].map((tag) => `scope:${tag}`),
        })),
      }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // A name left out of the rest of an object, or a parameter in front of one that is used.
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true }],
      "no-console": "error",
      "max-lines": ["error", { max: 400 }],
      ...restricted([], closedTestkit),
    },
  },
  { files: tests, rules: restricted([]) },
  ...[...new Set(Object.values(doors).flat())].map((glob) => (
    { files: [glob], rules: restricted(Object.keys(doors).filter((name) => doors[name].includes(glob)), closedTestkit) }
  )),
  {
    // Another rule of the same meaning, since the doors' one would take this one's place.
    files: ["packages/{egress-addon,git-gate}/src/**"],
    ignores: ["packages/*/src/{standalone,testing}/**", "packages/*/src/main.ts"],
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { paths: [{ name: "@bottle/standalone", message: "The library is used without the stand-alone program." }] }] },
  },
  { files: ["tools/**"], rules: restricted(["node-forge", "execa", "yaml"]) },
];
