import type { AgentManifest, BottleManifest, Problem } from "../model.ts";
import type { Parsed } from "../parse/parse-bottle.ts";
import { problemAt } from "./problem-at.ts";

/** Manifests of one place, by name. */
export interface Manifests {
  readonly agents: ReadonlyMap<string, AgentManifest>;
  readonly bottles: ReadonlyMap<string, BottleManifest>;
}

/**
 * Home and trusted project manifests together. A project adds and never replaces: a name that both have is a problem, since
 * a project that could replace a bottle of the home would widen its own cage under a name the operator knows. Nor does it run
 * a command on the host or read a file of the operator's for a credential, trusted or not: trust lets it widen a cage, and
 * those are outside every cage.
 */
export function mergeManifests(home: Manifests, project: Manifests): Parsed<Manifests> {
  const problems = [
    ...clashes({ home: home.agents, project: project.agents, noun: "agent" }),
    ...clashes({ home: home.bottles, project: project.bottles, noun: "bottle" }),
    ...[...project.bottles.values()].flatMap(hostSources),
    ...[...project.bottles.values()].flatMap(hostKeys),
  ];
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: { agents: new Map([...home.agents, ...project.agents]), bottles: new Map([...home.bottles, ...project.bottles]) },
  };
}

interface Sides {
  readonly home: ReadonlyMap<string, AgentManifest | BottleManifest>;
  readonly project: ReadonlyMap<string, AgentManifest | BottleManifest>;
  readonly noun: "agent" | "bottle";
}

function clashes({ home, project, noun }: Sides): Problem[] {
  return [...project].flatMap(([name, manifest]) => {
    const other = home.get(name);
    if (other === undefined) return [];
    const [file, otherFile] = [manifest, other].map(({ source }) => source?.file ?? `${noun}s/${name}.md`);
    return [{
      code: "name-clash",
      file: file ?? name,
      line: 1,
      column: 1,
      message: `The project's ${noun} "${name}" has the name of yours in ${otherFile}. A project may add ${noun}s, not replace them.`,
      mend: `Rename one of the two files, for example to ${name.slice(0, 33)}-project.md.`,
    }];
  });
}

function hostSources(manifest: BottleManifest): Problem[] {
  return Object.entries(manifest.egress.tokens ?? {}).flatMap(([name, source]) => ("env" in source ? [] : [problemAt({ manifest, folder: "bottles", path: `egress.tokens.${name}` }, {
    code: "token-source-project",
    message: "command" in source ? `A project's bottle may not run a command on your machine for ${name}.` : `A project's bottle may not read a file of yours for ${name}.`,
    mend: `Move the bottle's file into the bottles folder of BOTTLE_HOME (~/.bottle), or let ${name} come from your environment: { env: ${name} }`,
  })]));
}

// As with a credential: whoever may name a key may push with it, to wherever they name as well.
function hostKeys(manifest: BottleManifest): Problem[] {
  return manifest.git.flatMap(({ name, identityFile }) => (identityFile === undefined ? [] : [problemAt({ manifest, folder: "bottles", path: `git.${name}.identity_file` }, {
    code: "git-key-project",
    message: `A project's bottle may not use a key of yours for ${name}: ${identityFile}.`,
    mend: "Move the bottle's file into the bottles folder of BOTTLE_HOME (~/.bottle).",
  })]));
}
