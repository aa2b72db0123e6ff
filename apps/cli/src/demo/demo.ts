import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { homePath, type Bottle, type BottleSpec, type StatePaths } from "@bottle/backend-core";
import { parseAuditLine, secretValue } from "@bottle/manifest/state";
import { probeProgram } from "./probe.ts";
import { readScores, scoreboard, type Score } from "./scoreboard.ts";
import { startDemoUpstream, type DemoUpstream } from "./upstream.ts";

/** An agent that bottle brings along: what to launch and what to do with the bottle. */
export interface Builtin extends AsyncDisposable {
  readonly spec: BottleSpec;
  /** Works in the launched bottle; resolves to the exit status. */
  run(bottle: Bottle): Promise<number>;
}

/** What the demo is given. */
export interface DemoOptions {
  readonly identity: string;
  readonly paths: StatePaths;
  /** The address of this machine where the bottle's sidecars reach the demo's server. */
  readonly listenOn: string;
  /** Brings the bottle's state directory up to date. */
  readonly refresh: () => Promise<void>;
  readonly print: (line: string) => void;
  /** Marks for a line that holds and one that does not. */
  readonly marks: { readonly good: string; readonly bad: string };
}

const allowed = "api.demo.example.com";
const refused = "elsewhere.example.com";
const secretShape = "demo-secret-[0-9a-f]{32}";

/** The built-in `demo`: shows the promises against a server of its own, without an account and without the internet. */
export async function openDemo(options: DemoOptions): Promise<Builtin> {
  const secret = `demo-secret-${randomBytes(16).toString("hex")}`;
  const upstream = await startDemoUpstream(allowed, options.listenOn);
  return {
    spec: demoSpec(options.identity, upstream, secret),
    run: (bottle) => runDemo(bottle, { ...options, upstream, secret }),
    [Symbol.asyncDispose]: () => Promise.resolve(upstream[Symbol.asyncDispose]()),
  };
}

function demoSpec(identity: string, upstream: DemoUpstream, secret: string): BottleSpec {
  const auth = { scheme: "bearer", tokenRef: "DEMO_TOKEN" } as const;
  return {
    identity, agentName: "demo", bottleName: "demo", kind: "command",
    workspace: { mode: "none" },
    home: { files: [{ path: "README", content: "The demo's home. It goes when the demo ends.\n" }], folders: [] },
    mounts: [], env: { DEMO_TOKEN: "placeholder" }, secretEnv: {},
    egress: {
      declaration: {
        routes: [{ host: allowed, methods: ["GET"], paths: ["/v1/**"], auth }],
        hosts: { [allowed]: upstream.address }, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" },
      },
      tokens: { DEMO_TOKEN: secretValue(secret) }, upstreamCas: [upstream.caCertificate],
    },
    limits: {}, minIsolation: "namespaces", resume: false,
  };
}

interface Demo extends DemoOptions {
  readonly upstream: DemoUpstream;
  readonly secret: string;
}

async function runDemo(bottle: Bottle, demo: Demo): Promise<number> {
  const program = probeProgram({ allowed, refused, secretShape });
  const { stdout, stderr } = await bottle.exec(`exec node --input-type=module - <<'BOTTLE_DEMO'\n${program}\nBOTTLE_DEMO\n`, { cwd: homePath, signal: AbortSignal.timeout(120_000) });
  const inside = readScores(Buffer.from(stdout).toString());
  await demo.refresh();
  const outside = [credentialScore(demo), await secretScore(demo), await recordScore(demo)];
  const board = scoreboard([...inside, ...outside]);
  demo.print("");
  for (const { promise, holds, detail } of board) demo.print(`  ${holds ? demo.marks.good : demo.marks.bad} ${promise.padEnd(56)} ${detail}`);
  const failed = board.filter(({ holds }) => !holds).length;
  demo.print("");
  if (failed > 0) {
    const complaint = Buffer.from(stderr).toString().trim();
    demo.print(`${failed} of ${board.length} promises do not hold here.${complaint ? ` The probe said: ${complaint}` : ""}`);
    return 1;
  }
  for (const line of nextSteps(board.length)) demo.print(line);
  return 0;
}

function credentialScore({ upstream, secret }: Demo): Score {
  const holds = upstream.credentials.includes(`Bearer ${secret}`);
  return { id: "credential", holds, detail: holds ? "the agent sent a placeholder, the server got the real one" : "the server did not see it" };
}

async function secretScore({ paths, secret }: Demo): Promise<Score> {
  const names = await readdir(paths.root, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map((file) => readFile(file, "latin1").catch(() => "")));
  const found = files.filter((_, index) => contents[index]?.includes(secret));
  return { id: "secret-outside", holds: found.length === 0 && files.length > 0, detail: found.length === 0 ? `searched ${files.length} files` : found.join(" ") };
}

async function recordScore({ paths }: Demo): Promise<Score> {
  try {
    const events = (await readFile(paths.audit, "utf8")).trimEnd().split("\n").map((line) => parseAuditLine(line).event);
    const decisions = events.flatMap((event) => (event.type === "network" ? [event.decision] : []));
    const count = (wanted: string): number => decisions.filter((decision) => decision === wanted).length;
    return { id: "record", holds: count("allow") > 0 && count("deny") > 3, detail: `${count("allow")} allowed, ${count("deny")} denied` };
  } catch (error) {
    return { id: "record", holds: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function nextSteps(count: number): readonly string[] {
  return [
    `All ${count} promises hold on this machine.`,
    "",
    "Next, an agent of your own:",
    "  pnpm bottle init                 writes an agent and its bottle, with narrow routes",
    "  pnpm bottle start <agent>        runs it in a copy of this folder",
    "  pnpm bottle diff <identity>      shows what it changed; `apply` brings it home",
  ];
}
