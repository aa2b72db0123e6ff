import { problemAt, type BottleManifest, type Problem, type Route } from "@bottle/manifest";

/** A key that a manifest may have and that this version does nothing with: what that means for the one who wrote it. */
export interface NotInForce {
  /** The key with what it was given, for example `supervise: true`. */
  readonly key: string;
  /** In a sentence for people. */
  readonly means: string;
}

const unscanned = "requests are not scanned";

/** Keys of a bottle that are without effect and leave it no wider than was written. Defaults that nobody wrote are not told. */
export function notInForce(bottle: BottleManifest): readonly NotInForce[] {
  const warned = hostsOf(bottle.egress.routes, "warn");
  const { source } = bottle;
  return [
    ...(bottle.git.length === 0 ? [] : [{ key: `git: ${bottle.git.map(({ name }) => name).join(", ")}`, means: "the git gate is not in this version: no push is possible" }]),
    ...(bottle.supervise ? [{ key: "supervise: true", means: "the agent cannot ask: what no route allows stays refused" }] : []),
    ...(warned === "" ? [] : [{ key: `dlp: warn (${warned})`, means: `${unscanned}: nothing will be warned of` }]),
    ...(source && Object.hasOwn(source.places, "egress.dlp.engine") ? [{ key: `egress.dlp: ${bottle.egress.dlp.engine}`, means: unscanned }] : []),
  ];
}

function hostsOf(routes: readonly Route[], dlp: Route["dlp"]): string {
  return [...new Set(routes.filter((route) => route.dlp === dlp).map(({ host }) => host))].join(", ");
}

/** Keys that demand a protection this version has not: without it the bottle would be wider than was written, so it is refused. */
export function unmetDemands(bottle: BottleManifest): readonly Problem[] {
  const at = (path: string, fault: Pick<Problem, "code" | "message" | "mend">): Problem => problemAt({ manifest: bottle, folder: "bottles", path }, fault);
  const { engine } = bottle.egress.dlp;
  return [
    ...bottle.egress.routes.flatMap(({ host, dlp }, index) => (dlp !== "block" ? [] : [at(`egress.routes.${index}.dlp`, {
      code: "dlp-unmet", message: `\`dlp: block\` of ${host} cannot be kept: in this version ${unscanned}, so nothing would be blocked.`,
      mend: `Remove the line, if ${host} may be sent anything the agent can read; else remove the route.`,
    })])),
    ...(engine === "builtin" ? [] : [at("egress.dlp.engine", {
      code: "dlp-unmet", message: `\`engine: ${engine}\` cannot be kept: in this version ${unscanned}, by pipelock or otherwise.`,
      mend: "Remove `egress.dlp`, if the routes may be sent anything the agent can read.",
    })]),
  ];
}
