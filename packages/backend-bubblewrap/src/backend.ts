import {
  BottleBackend, BottleError, ownerLabel, writeShown, type AskableImage, type Availability, type Bottle, type BottleSpec, type OpenBottle, type OpenRequest, type ShownFiles, type StatePaths,
} from "@bottle/backend-core";
import type { SidecarsConfig } from "@bottle/manifest";
import { architecture, BubblewrapBottle } from "./bottle.ts";
import { connectBottle } from "./connect.ts";
import { checkHost } from "./host/check-host.ts";
import { tryNamespaces } from "./host/try-namespaces.ts";
import { detectLimits, type LimitsSupport } from "./limits/detect.ts";
import { egressSocket, gateSocket, superviseSocket, openBottle } from "./open.ts";
import { sweepBottle } from "./sweep.ts";

const insteadOfImage = "This bottle has no image: its programs are the operator's machine's own, read-only. Install what you need below your home "
  + "(npm, pip, cargo and the like can), and ask for the routes this takes by egress-block; for what needs root, tell the operator what to install.";

/** The embedded backend: Linux namespaces by bubblewrap; no daemon, no root. */
export class BubblewrapBackend extends BottleBackend {
  override readonly name = "bubblewrap";
  override readonly isolation = "namespaces";
  #limits: Promise<LimitsSupport> | undefined;

  override async availability(): Promise<Availability> {
    const [host, limits] = await Promise.all([checkHost(), this.#detect()]);
    return host.available ? { ...host, caveats: [...host.caveats, ...limits.sentences] } : host;
  }

  override async trial(): Promise<Availability> {
    const looked = await this.availability();
    const tried = looked.available ? await tryNamespaces() : looked;
    return tried.available ? looked : tried;
  }

  override async connect(identity: string): Promise<Bottle> {
    return connectBottle(this.context.state, identity);
  }

  override sweep(identity: string): Promise<readonly string[]> {
    return sweepBottle(this.context.state, identity);
  }

  protected override async resolve(spec: BottleSpec): Promise<Readonly<Record<string, unknown>>> {
    if (spec.runtime !== undefined) {
      throw new BottleError("spec-invalid", `\`runtime: ${spec.runtime}\` cannot be kept: bubblewrap has no OCI runtimes.`, { mend: "Use `backend: docker`, or remove `runtime` if namespaces are isolation enough." });
    }
    requirePipelock(spec);
    const support = await this.#detect();
    return {
      architecture: architecture(),
      limits: { memory: support.memory, pids: support.pids, cpu: support.cpu },
      bound: spec.workspace.mode === "bind" ? spec.workspace.source : null,
    };
  }

  protected override askableImage(): Promise<AskableImage> {
    return Promise.resolve({ insteadOfImage });
  }

  protected override listen(paths: StatePaths): Required<SidecarsConfig["listen"]> {
    return { egress: { unix: egressSocket(paths.sockets) }, gitGate: { unix: gateSocket(paths.sockets) }, supervise: { unix: superviseSocket(paths.sockets) } };
  }

  protected override async open(request: OpenRequest): Promise<OpenBottle> {
    const opened = await openBottle(request, await this.#detect());
    const bottle = new BubblewrapBottle(request.spec.identity, opened.handle);
    return Object.assign(bottle, {
      resources: {
        relayPid: opened.handle.relay,
        relayStart: opened.relayMark.startTime,
        firstPid: opened.handle.first,
        firstStart: opened.handle.firstMark.startTime,
        cgroups: opened.cgroups.join("\n"),
        label: ownerLabel(this.context.state.home, request.spec.identity),
      },
      show: (files: ShownFiles) => writeShown(opened.shown, files),
    });
  }

  #detect(): Promise<LimitsSupport> {
    return (this.#limits ??= detectLimits());
  }
}

function requirePipelock({ bottleName, egress: { declaration: { dlp }, pipelock } }: BottleSpec): void {
  if (dlp.engine === "builtin" || pipelock !== undefined) return;
  throw new BottleError("spec-invalid", `Bottle "${bottleName}" asks for \`engine: ${dlp.engine}\`, and no program pipelock is on your PATH.`, {
    mend: "Install pipelock 2.3, or write `engine: builtin`: the builtin scan then looks through every request.",
  });
}
