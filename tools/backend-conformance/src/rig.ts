import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIdentity, openStateStore, ownerLabel, type Backend, type Bottle, type BottleSpec, type StateStore } from "@bottle/backend-core";
import { startFixtureInternet, type FixtureInternet } from "@bottle/fixture-internet";
import { secretValue, type Route } from "@bottle/manifest";
import { launchSidecars } from "@bottle/sidecars";
import type { ConformanceSetup } from "./suite.ts";

/** The credential that must never be inside. Random per run, so that finding it means something. */
export const realToken = `real-${crypto.randomUUID()}`;
export const allowedHost = "api.example.com";
export const otherHost = "elsewhere.example.com";

/** A BOTTLE_HOME, an internet and a backend of one test file. */
export interface Rig extends AsyncDisposable {
  readonly home: string;
  readonly state: StateStore;
  readonly internet: FixtureInternet;
  readonly backend: Backend;
  /** A spec with one allowed route that carries the real credential. */
  spec(change?: Partial<BottleSpec>): BottleSpec;
  launch(change?: Partial<BottleSpec>, options?: { readonly signal?: AbortSignal; readonly onWarning?: (message: string) => void }): Promise<Bottle>;
  /** Names of the folders below `state/`. */
  stateFolders(): Promise<readonly string[]>;
}

const routes: readonly Route[] = [
  { host: allowedHost, methods: ["GET", "POST"], paths: ["/v1/**"], auth: { scheme: "bearer", tokenRef: "REAL_TOKEN" } },
];

/** Makes a rig; `folder` is where its home is made. */
export async function startRig({ makeBackend, traits }: Pick<ConformanceSetup, "makeBackend" | "traits">, folder: string = tmpdir()): Promise<Rig> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(folder, "bottle-conformance-"));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const internet = stack.use(await startFixtureInternet({ hosts: { [allowedHost]: undefined, [otherHost]: undefined }, ...(traits?.internetAddress !== undefined && { listenOn: traits.internetAddress }) }));
  const state = openStateStore(home);
  const backend = makeBackend({
    state,
    sidecars: {
      start: (config, options) => launchSidecars(config, {
        logFile: join(state.directory(config.identity).logs, "sidecars.log"),
        ownedBy: ownerLabel(home, config.identity),
        ...(options?.tokens && { tokens: options.tokens }),
        ...(options?.onSealed && { onSealed: options.onSealed }),
        ...(options?.onShow && { onShow: options.onShow }),
        ...(options?.signal && { signal: options.signal }),
      }),
    },
  });
  const spec = (change: Partial<BottleSpec> = {}): BottleSpec => ({ ...plainSpec(internet), ...change });
  const resources = stack.move();
  return {
    home, state, internet, backend, spec,
    launch: async (change, options) => (await backend.prepare(spec(change))).launch(options),
    stateFolders: () => readdir(join(home, "state")).catch(() => []),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function plainSpec(internet: FixtureInternet): BottleSpec {
  return {
    identity: createIdentity("conform"),
    agentName: "conform",
    bottleName: "conform",
    kind: "shell",
    workspace: { mode: "none" },
    home: { files: [], folders: [] },
    mounts: [],
    env: { PLAIN: "plain value" },
    secretEnv: {},
    egress: {
      declaration: { routes, hosts: internet.hostOverrides, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" } },
      tokens: { REAL_TOKEN: secretValue(realToken) },
      upstreamCas: [internet.caCertificate],
    },
    limits: {},
    minIsolation: "namespaces",
    resume: false,
  };
}

/** A command's standard output and exit code as text. */
export async function run(bottle: Bottle, script: string): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  const { stdout, stderr, exitCode } = await bottle.exec(script, { signal: AbortSignal.timeout(30_000) });
  return { out: Buffer.from(stdout).toString(), err: Buffer.from(stderr).toString(), code: exitCode };
}
