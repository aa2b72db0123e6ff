import { stat, statfs } from "node:fs/promises";
import type { Context } from "../context.ts";
import { exitStatus } from "../errors.ts";
import { makeFolder } from "../host/make-folder.ts";
import { installCommand, missingPackages, startPackages } from "../host/packages.ts";
import { jsonText } from "../output/json.ts";
import { styleOf } from "../output/style.ts";
import { openState, registry } from "./backends.ts";

/** One thing that was looked at. */
interface Finding {
  readonly name: string;
  readonly state: "good" | "bad" | "note";
  readonly detail: string;
  readonly mend?: string;
}

const lowSpaceBytes = 1_073_741_824;

/** Looks whether bottles can run here. @returns 4 if something that is needed is missing */
export async function doctor(context: Context, { json }: { readonly json: boolean }): Promise<number> {
  const findings = [nodeFinding(), ...await packageFindings(context), ...await homeFindings(context), ...await backendFindings(context)];
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

async function packageFindings({ isRoot }: Context): Promise<readonly Finding[]> {
  const missing = await missingPackages();
  return startPackages.map((entry) => (missing.includes(entry)
    ? { name: entry.program, state: "bad", detail: "is not installed", mend: `Run: ${installCommand([entry], { isRoot })}` }
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

async function backendFindings(context: Context): Promise<readonly Finding[]> {
  const backends = await Promise.all(Object.values(registry(context, openState(context))).map((make) => make()));
  return (await Promise.all(backends.map(async (backend): Promise<readonly Finding[]> => {
    const availability = await backend.availability();
    if (!availability.available) return [{ name: backend.name, state: "bad", detail: availability.reason, mend: availability.mend }];
    const trial = await backend.trial();
    const first: Finding = trial.available ? { name: backend.name, state: "good", detail: "a trial namespace could be made" } : { name: backend.name, state: "bad", detail: trial.reason, mend: trial.mend };
    return [first, ...availability.caveats.map((detail) => ({ name: "", state: "note" as const, detail }))];
  }))).flat();
}
