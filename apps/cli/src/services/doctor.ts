import { stat, statfs } from "node:fs/promises";
import type { Availability, Backend } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { exitStatus } from "../errors.ts";
import { makeFolder } from "../host/make-folder.ts";
import { installCommand, missingPackages, startPackages } from "../host/packages.ts";
import { jsonText } from "../output/json.ts";
import { styleOf } from "../output/style.ts";
import { backendNamed, openState, registry } from "./backends.ts";

/** One thing that was looked at. */
interface Finding {
  readonly name: string;
  readonly state: "good" | "bad" | "note";
  readonly detail: string;
  readonly mend?: string;
}

const lowSpaceBytes = 1_073_741_824;

/** Looks whether bottles can run here, on any backend or on one. @returns 4 if something that is needed is missing @throws BottleError `backend-unknown` */
export async function doctor(context: Context, { json, backend }: { readonly json: boolean; readonly backend?: string }): Promise<number> {
  const backends = await tryBackends(await asked(context, backend));
  const findings = [nodeFinding(), ...await packageFindings(context, backends), ...await homeFindings(context), ...backendFindings(backends)];
  if (json) context.out(jsonText(findings));
  else for (const finding of findings) context.out(line(context, finding));
  return findings.some(({ state }) => state === "bad") ? exitStatus.host : exitStatus.ok;
}

function line(context: Context, { name, state, detail, mend }: Finding): string {
  const style = styleOf(context);
  const mark = { good: style.good("✓"), bad: style.bad("✗"), note: "·" }[state];
  return `${mark} ${name.padEnd(12)} ${detail}${mend === undefined ? "" : `\n    → ${mend}`}`;
}

function nodeFinding(): Finding {
  const [major = 0] = process.versions.node.split(".").map(Number);
  return major >= 24 ? { name: "node", state: "good", detail: process.versions.node }
    : { name: "node", state: "bad", detail: `${process.versions.node} is too old`, mend: "bottle needs Node 24." };
}

async function packageFindings({ isRoot }: Context, backends: readonly Looked[]): Promise<readonly Finding[]> {
  const missing = await missingPackages();
  const canDoWithout = backends.some(({ name, trial }) => name !== "bubblewrap" && trial.available);
  const wanted = startPackages.filter(({ only }) => only === undefined || backends.some(({ name }) => name === only));
  return wanted.map((entry) => (missing.includes(entry)
    ? { name: entry.program, state: entry.only !== undefined && canDoWithout ? "note" : "bad", detail: `is not installed${entry.only === undefined ? "" : `, and ${entry.only} needs it`}`, mend: `Run: ${installCommand([entry], { isRoot })}` }
    : { name: entry.program, state: "good", detail: "is there" }));
}

async function homeFindings({ home }: Context): Promise<readonly Finding[]> {
  try {
    await makeFolder(home);
    const [{ mode }, { bavail, bsize }] = await Promise.all([stat(home), statfs(home)]);
    const free = bavail * bsize;
    return [
      (mode & 0o077) === 0 ? { name: "home", state: "good", detail: home } : { name: "home", state: "bad", detail: `${home} is open to others`, mend: `Run: chmod 700 ${home}` },
      { name: "disk", state: free < lowSpaceBytes ? "bad" : "good", detail: `${Math.floor(free / 1_048_576)} MiB free`, ...(free < lowSpaceBytes && { mend: "Make room: each bottle copies its workspace." }) },
    ];
  } catch (error) {
    return [{ name: "home", state: "bad", detail: `${home} cannot be used: ${error instanceof Error ? error.message : String(error)}`, mend: "Set BOTTLE_HOME to a folder that can be written." }];
  }
}

/** A backend that was tried. */
interface Looked {
  readonly name: Backend["name"];
  readonly caveats: readonly string[];
  readonly trial: Availability;
}

async function asked(context: Context, name: string | undefined): Promise<readonly Backend[]> {
  const state = openState(context);
  if (name !== undefined && name !== "auto") return [await backendNamed(context, state, name)];
  return Promise.all(Object.values(registry(context, state)).map((make) => make()));
}

async function tryBackends(backends: readonly Backend[]): Promise<readonly Looked[]> {
  return await Promise.all(backends.map(async (backend): Promise<Looked> => {
    const availability = await backend.availability();
    return availability.available
      ? { name: backend.name, caveats: availability.caveats, trial: await backend.trial() }
      : { name: backend.name, caveats: [], trial: availability };
  }));
}

// One that can run is enough; what the others lack is told all the same.
function backendFindings(backends: readonly Looked[]): readonly Finding[] {
  const isReady = backends.some(({ trial }) => trial.available);
  return backends.flatMap(({ name, caveats, trial }): readonly Finding[] => {
    if (!trial.available) return [{ name, state: isReady ? "note" : "bad", detail: trial.reason, mend: trial.mend }];
    const detail = name === "docker" ? `${trial.version}, with bottle's images` : "a trial namespace could be made";
    return [{ name, state: "good", detail }, ...caveats.map((caveat) => ({ name: "", state: "note" as const, detail: caveat }))];
  });
}
