import { readdirSync, readFileSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { testProgramsDirectory } from "@bottle/agents/testing";
import { isIdentity, openStateStore } from "@bottle/backend-core";
import { startFixtureInternet } from "@bottle/fixture-internet";
import type { Proposal } from "@bottle/manifest";
import { callControl, type ControlReply, type ControlRequest } from "@bottle/sidecars";
import { act, callTool, createModelHandler, runShell, say, type Action } from "@bottle/scripted-model";
import { expect } from "vitest";
import { backendNamed } from "../services/backends.ts";
import type { RealAgent, RealAgentPlace } from "./real-agent.ts";

/** Where the agent that asks is, and on which backend. */
export interface AskingPlace extends Pick<RealAgentPlace, "rig" | "listenOn"> {
  readonly backend: "bubblewrap" | "docker";
  /** The operator's environment: it names the engine. */
  readonly env?: Readonly<Record<string, string>>;
}

const [wanted, unwanted] = ["wanted.example.com", "unwanted.example.com"];
const reason = "Use the mirror that you have.";

/**
 * Has the real program run into a refusal, ask by its own MCP client, be granted one host and refused another by a script that is the
 * operator, and try both again. Fails unless each program hears what was decided and the network does what it hears.
 */
export async function expectRealAgentToAsk({ kind, host, variable, args }: RealAgent, { rig, listenOn, backend, env = {} }: AskingPlace): Promise<void> {
  const model = createModelHandler({ turns: [
    act(look(wanted, "before")),
    act(tool(kind, "list-egress-routes", {})),
    act(tool(kind, "egress-block", { host: wanted, path: "/list", justification: "The list is part of the task." })),
    act(look(wanted, "after")),
    act(tool(kind, "egress-block", { host: unwanted, justification: "It may have a newer list." })),
    act(look(unwanted, "refused")),
    say("All ", "done ", "here."),
  ] });
  await using internet = await startFixtureInternet({ hosts: { [host]: model, [wanted]: undefined, [unwanted]: undefined }, ...(listenOn !== undefined && { listenOn }) });
  await symlink(testProgramsDirectory(), join(rig.home, "programs"));
  await writeFile(join(rig.project, "ca.pem"), internet.caCertificate);
  expect(await rig.run(["init", "real", "--kind", kind], { env: { [variable]: "any" } })).toMatchObject({ status: 0, stderr: "" });
  const bottle = readFileSync(join(rig.home, "bottles/real.md"), "utf8");
  await rig.write("bottles/real.md", bottle.replace("egress:\n", [
    "supervise: true", "egress:", `  hosts: { ${Object.entries(internet.hostOverrides).map(([name, to]) => `${name}: "${to}"`).join(", ")} }`, `  ca_files: [${join(rig.project, "ca.pem")}]`, "",
  ].join("\n")));
  const stop = new AbortController();
  const deciding = decide(rig.home, { backend, env, signal: stop.signal });
  const result = await rig.run(["start", "real", "--yes", "--", ...args], { env: { ...env, [variable]: "real-credential-0123456789abcdef" } }).finally(() => stop.abort());

  expect({ status: result.status, problems: model.problems, stderr: result.stderr }).toMatchObject({ status: 0, problems: [] });
  expect(result.stdout).toContain("All done here.");
  expect((await deciding).map(({ ask }) => ask)).toEqual([
    { kind: "egress", route: { host: wanted, ports: [443], methods: ["GET", "HEAD"], paths: ["/list"] } },
    { kind: "egress", route: { host: unwanted, ports: [443], methods: ["GET", "HEAD"] } },
  ]);
  const state = join(rig.home, "state", readdirSync(join(rig.home, "state"))[0] ?? "");
  const said = (name: string): string => readFileSync(join(state, "workspace", `${name}.txt`), "utf8");
  expect([said("before"), said("after"), said("refused")]).toEqual([expect.stringMatching(/403/), "200", expect.stringMatching(/403/)]);
  expect(internet.requests.filter((request) => request.host !== host).map((request) => `${request.host}${request.url}`)).toEqual([`${wanted}/list`]);

  const bodies = internet.requests.filter((request) => request.host === host).map(({ body }) => body());
  // Its standing instructions, the skill, and the names of the tools.
  for (const told of ["When something is refused", "and how to ask the operator for it", "egress"]) expect(bodies.join("\n")).toContain(told);
  // The last request of the conversation holds all of it.
  const conversation = bodies.filter((body) => body.includes("The list is part of the task.")).at(-1) ?? "";
  for (const told of ["It is in force: send the request again.", reason]) expect(conversation).toContain(told);
  const audit = readFileSync(join(state, "audit.jsonl"), "utf8");
  for (const event of ['"decision":"approved"', '"decision":"rejected"']) expect(audit).toContain(event);
}

function look(host: string, name: string): Action {
  return runShell(`curl -sS -o /dev/null -w '%{http_code}' https://${host}/list > /workspace/${name}.txt 2>&1; true`);
}

/** A call of a tool of supervise's, as each program has its model make it. */
function tool(kind: RealAgent["kind"], name: string, input: object): Action {
  if (kind === "claude") return callTool(`mcp__supervise__${name}`, { ...input });
  return callTool("exec", `text(await tools.mcp__supervise__${name.replaceAll("-", "_")}(${JSON.stringify(input)}));`);
}

/** The operator: says yes to one host and no to the other, over the control socket. @returns what was asked, in order */
async function decide(home: string, { backend: name, env, signal }: { readonly backend: string; readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal }): Promise<readonly Proposal[]> {
  const state = openStateStore(home);
  const backend = await backendNamed({ env: { ...process.env, ...env } }, state, name);
  const decided = new Map<string, Proposal>();
  while (!signal.aborted && decided.size < 2) {
    const [identity] = (await state.list()).map((entry) => entry.identity).filter(isIdentity);
    const order = (request: ControlRequest): Promise<ControlReply> => callControl(() => backend.control(identity ?? ""), request);
    // Until the bottle runs, nobody is there.
    const reply = identity === undefined ? undefined : await order({ op: "proposals" }).catch(() => undefined);
    const { proposals = [] } = (reply ?? {}) as { readonly proposals?: readonly Proposal[] };
    for (const proposal of proposals.filter((one) => one.state === "pending")) {
      const { id, hash, ask } = proposal;
      const isWanted = ask.kind === "egress" && ask.route.host === wanted;
      decided.set(id, proposal);
      expect(await order(isWanted ? { op: "approve", proposal: id, hash, by: "the test" } : { op: "reject", proposal: id, hash, by: "the test", reason })).toMatchObject({ ok: true });
    }
    await delay(300, undefined, { signal }).catch(() => undefined);
  }
  return [...decided.values()];
}
