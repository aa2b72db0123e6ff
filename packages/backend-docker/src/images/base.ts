import { BottleError } from "@bottle/backend-core";
import { lastLine, type Docker } from "../engine/docker.ts";
import { inspectImages, type EngineImage } from "./inspect.ts";
import { splitName } from "./names.ts";

/** What an image is built upon. */
export interface ResolvedBase {
  /** For FROM: by digest where the engine knows one. */
  readonly reference: string;
  /** For the label: the same, or the id of an image that came from no registry. */
  readonly record: string;
}

/** Which image a base is, fetched if the engine does not have it. @throws BottleError `backend-unavailable` */
export async function resolveBase(docker: Docker, wanted: string, signal?: AbortSignal): Promise<ResolvedBase> {
  // A name that begins so would be read as an option.
  if (!/^[a-z0-9]/i.test(wanted)) throw new BottleError("backend-unavailable", `${JSON.stringify(wanted)} is not the name of an image.`, { mend: "Give --base NAME:TAG or NAME@sha256:…" });
  const [present] = await inspectImages(docker, [wanted], signal);
  if (present) return pinBase(wanted, present);
  const { exitCode, stderr } = await docker.program(docker.command(["pull", "--quiet", wanted]), { signal });
  const [pulled] = exitCode === 0 ? await inspectImages(docker, [wanted], signal) : [];
  if (pulled) return pinBase(wanted, pulled);
  throw new BottleError("backend-unavailable", `The base image ${wanted} cannot be fetched: ${lastLine(stderr) || "the engine does not have it"}`, {
    mend: "Give --base an image the engine has or can reach. Where no registry is: `npx --yes pnpm@12 setup base-image` in bottle's repository makes one of Debian's packages.",
  });
}

/** Names a base so that it cannot become another one. */
export function pinBase(wanted: string, { id, digests }: Pick<EngineImage, "id" | "digests">): ResolvedBase {
  const { repository } = splitName(wanted.replace(/@.*$/, ""));
  const digest = digests.find((candidate) => splitName(candidate.replace(/@.*$/, "")).repository === repository) ?? digests[0];
  return digest === undefined ? { reference: wanted, record: id } : { reference: digest, record: digest };
}
