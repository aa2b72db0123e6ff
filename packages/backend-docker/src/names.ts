import { BottleError, isIdentity } from "@bottle/backend-core/naming";

/** What all names of one bottle are made of. */
export interface NameParts {
  /** The owner's label: 12 hex digits for the BOTTLE_HOME, a colon, the identity. */
  readonly label: string;
}

/** The names of everything one bottle has in an engine. */
export interface ResourceNames {
  /** The compose project. */
  readonly project: string;
  /** Containers. */
  readonly agent: string;
  readonly sidecars: string;
  readonly pipelock: string;
  /** Networks. */
  readonly inside: string;
  readonly outside: string;
  readonly hop: string;
  readonly volumes: {
    readonly home: string;
    readonly workspace: string;
    readonly shown: string;
    readonly sidecars: string;
    readonly pipelock: string;
    readonly gate: string;
  };
}

const homeForm = /^[0-9a-f]{12}$/;
const lastSuffix = 99;

/**
 * The names of a bottle's resources: lower case, digits and hyphens, at most 80 characters, which engine and compose (v1
 * and v2) take as they are. No two bottles share one: a name ends with its role, and before that stands the whole identity.
 * @param suffix 2 to 99 where a stranger has the plain name; an identity ends with five characters, so none is met by it
 * @throws BottleError `identity-invalid`
 */
export function resourceNames({ label }: NameParts, suffix?: number): ResourceNames {
  const [home = "", identity = "", ...rest] = label.split(":");
  if (rest.length > 0 || !homeForm.test(home) || !isIdentity(identity)) {
    throw new BottleError("identity-invalid", `"${label}" cannot be part of a container's name.`, { mend: "Run `bottle list` for the identities there are." });
  }
  return namesOf(`bottle-${home}-${identity}${suffix === undefined ? "" : `-${suffix}`}`);
}

/** The names of the resources of a compose project that is known already. */
export function namesOf(project: string): ResourceNames {
  const name = (role: string): string => `${project}-${role}`;
  return {
    project,
    agent: name("agent"),
    sidecars: name("sidecars"),
    pipelock: name("pipelock"),
    inside: name("inside"),
    outside: name("outside"),
    hop: name("hop"),
    volumes: { home: name("home"), workspace: name("workspace"), shown: name("shown"), sidecars: name("sidecars"), pipelock: name("pipelock"), gate: name("gate") },
  };
}

/** The plain names first, then those with the suffixes 2 to 99. @throws BottleError `identity-invalid` */
export function* candidateNames(parts: NameParts): Generator<ResourceNames, void> {
  yield resourceNames(parts);
  for (let suffix = 2; suffix <= lastSuffix; suffix += 1) yield resourceNames(parts, suffix);
}
