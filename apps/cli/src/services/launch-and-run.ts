import { dirname } from "node:path";
import { installProgram, type InstallPlan } from "@bottle/agents";
import { writeWhole, type Bottle, type BottleSpec, type PreparedBottle, type StateStore } from "@bottle/backend-core";
import type { BackendChoice, Resolved } from "@bottle/manifest";
import { formatSnapshot } from "@bottle/manifest/state";
import type { Context } from "../context.ts";
import { makeFolder } from "../host/make-folder.ts";
import { startProgress, type Progress } from "../output/progress.ts";
import { caLine } from "./ca-line.ts";
import { baselineFile } from "./workspace-changes.ts";

/** A bottle ready to be launched, and what to do in it. */
export interface Job {
  readonly spec: BottleSpec;
  readonly backendChoice: BackendChoice;
  readonly program?: InstallPlan | undefined;
  run(bottle: Bottle): Promise<number>;
  /** What the operator was asked for, by name; a keeper is given it. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** What its pipelock would not see. */
  readonly unscanned?: readonly string[];
  /** Disposed of once the bottle has ended. */
  readonly credentials?: AsyncDisposable;
  /** For `resume`; absent for what is not to be resumed. */
  readonly snapshot?: Resolved;
}

/** What is launched, and by whom. */
export interface Launch {
  readonly state: StateStore;
  readonly job: Job;
  readonly prepared: PreparedBottle;
  /** Whether a keeper launches it, whose parent says what is to be said. */
  readonly isKept: boolean;
}

/** Installs the program if it is missing, launches, runs, notes the exit status, unwinds. @returns the agent's exit status */
export async function launchAndRun(context: Context, work: Launch): Promise<number> {
  const { state, job } = work;
  await using bottle = await launch(context, work);
  if (!work.isKept) context.err(await caLine(state.directory(job.spec.identity)));
  await using _watch = job.spec.supervise === true ? await watch(context, work) : undefined;
  const status = await job.run(bottle);
  await state.update(job.spec.identity, (metadata) => ({ ...metadata, exitCode: status }));
  return status;
}

async function launch(context: Context, { state, job, prepared }: Launch): Promise<Bottle> {
  using progress = startProgress(context);
  await install(context, job, progress);
  let notes: Promise<void> = Promise.resolve();
  const bottle = await prepared.launch({
    signal: context.signal,
    onStep: (step) => {
      progress.step(`Starting ${job.spec.identity}: ${step}`);
      // The workspace is copied by then, and the agent does not run yet: both are noted while the launch goes on.
      if (step === "ca") notes = takeNotes(context, state, job);
      notes.catch(() => undefined);
    },
    onWarning: (message) => context.err(`bottle: ${message}`),
  });
  try {
    await notes;
    return bottle;
  } catch (error) {
    await bottle[Symbol.asyncDispose]();
    throw error;
  }
}

// Loaded by those bottles alone whose agent may ask.
async function watch(context: Context, { state, job, prepared, isKept }: Launch): Promise<AsyncDisposable | undefined> {
  const { startWatch } = await import("../notify/start-watch.ts");
  return startWatch(context, { state, identity: job.spec.identity, backend: prepared.plan.backend, isKept });
}

async function install(context: Context, { program }: Job, progress: Progress): Promise<void> {
  if (!program) return;
  progress.step(`Installing ${program.package} from npm`);
  const { run } = await import("../run.ts");
  await makeFolder(dirname(program.directory));
  await installProgram(program, { run, signal: context.signal });
}

/** What a resume needs, and how the copy looked. */
async function takeNotes(context: Context, state: StateStore, { spec, snapshot }: Job): Promise<void> {
  if (!snapshot) return;
  const paths = state.directory(spec.identity);
  await writeWhole(paths.manifest, formatSnapshot(snapshot));
  if (spec.workspace.mode !== "copy") return;
  const { recordBaseline } = await import("../workspace/list-tree.ts");
  await recordBaseline(paths.workspace, baselineFile(paths.root), { signal: context.signal });
}
