import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { markProcess, openStateStore } from "@bottle/backend-core";
import { parseAgent, parseBottle, type Ask, type Grant, type Proposal } from "@bottle/manifest";
import { askedText, formatGrants, formatProposal, formatSnapshot } from "@bottle/manifest/state";
import type { SuperviseRequest } from "@bottle/sidecars";
import { expect } from "vitest";

/** A bottle's state, and in place of its sidecars a stand-in that says what it was told to: for what the real ones do not do on demand. */
export interface AskingBottle extends AsyncDisposable {
  readonly identity: string;
  readonly root: string;
  /** Puts a proposal into the queue. */
  add(ask: Ask, more?: Partial<Proposal>): Proposal;
  readonly grants: Grant[];
  /** Orders about proposals, in the order they came. */
  readonly orders: SuperviseRequest[];
  /** What an approval comes to; default: it is in force. */
  outcome: Partial<Proposal>;
  /** What happens while an approval is under way; if it throws, nothing is answered. */
  onApprove: () => void;
  /** Takes the sidecars and the keeper away, as a kill does. */
  kill(): Promise<void>;
}

/** Makes one that is started from `bottles/dev.md` of a home, or from another file. @param files.from the manifest's path, if it is a project's */
export async function createAskingBottle(home: string, files: { readonly bottle: string; readonly identity?: string; readonly from?: string }): Promise<AskingBottle> {
  const { identity = "dev-aaaaa", from = join(home, "bottles/dev.md") } = files;
  const state = openStateStore(home);
  const process = spawn("sleep", ["1000"], { stdio: "ignore" });
  const keeper = await markProcess(process.pid ?? 0);
  const paths = await state.create({
    version: 1, identity, agent: "dev", bottle: "dev", kind: "command", backend: "bubblewrap", createdAt: new Date().toISOString(), status: "running",
    agentStarted: true, workspace: { mode: "none", target: "/workspace" }, resources: {}, ...(keeper && { keeper }),
  });
  writeFileSync(paths.manifest, formatSnapshot({ agent: parsed(parseAgent({ file: join(home, "agents/dev.md"), text: "---\nkind: command\nbottle: dev\ncommand: [/bin/true]\n---\n" })), bottle: parsed(parseBottle({ file: from, text: files.bottle })) }));
  mkdirSync(join(paths.supervise, "queue"), { recursive: true });
  const proposals = new Map<string, Proposal>();
  const keep = (proposal: Proposal): Proposal => {
    proposals.set(proposal.id, proposal);
    writeFileSync(join(paths.supervise, "queue", `${proposal.id}.json`), formatProposal(proposal));
    return proposal;
  };
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    createInterface({ input: socket }).on("line", (line) => {
      try {
        socket.write(`${JSON.stringify(answer(JSON.parse(line) as SuperviseRequest))}\n`);
      } catch {
        socket.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen({ path: paths.control }, resolve));
  const close = async (): Promise<void> => {
    process.kill("SIGKILL");
    await new Promise((resolve) => server.close(resolve));
    rmSync(paths.control, { force: true });
  };
  const bottle: AskingBottle = {
    identity, root: paths.root, grants: [], orders: [], outcome: { state: "applied" }, onApprove: () => undefined,
    add(ask, more = {}) {
      const justification = more.justification ?? "the tests need it";
      const time = new Date().toISOString();
      return keep({
        version: 1, id: `p-${String(proposals.size).padStart(8, "0")}`, identity, state: "pending", createdAt: time, changedAt: time, expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        ask, justification, hash: createHash("sha256").update(askedText(ask, justification)).digest("hex"), ...more,
      });
    },
    async kill() {
      await close();
      writeFileSync(join(paths.supervise, "grants.json"), formatGrants(bottle.grants));
      await state.update(identity, ({ keeper: _, ...metadata }) => metadata);
    },
    [Symbol.asyncDispose]: close,
  };
  return bottle;

  function answer(request: SuperviseRequest): object {
    if (!("proposal" in request)) return { ok: true, proposals: [...proposals.values()].reverse(), grants: bottle.grants };
    bottle.orders.push(request);
    const proposal = proposals.get(request.proposal);
    if (request.op === "revoke") return { ok: true };
    if (!proposal) return { ok: false, message: `There is no proposal ${request.proposal}.` };
    if (request.op === "settle") return { ok: true, proposal: keep({ ...proposal, state: request.outcome, ...(request.outcome === "failed" && { failure: request.detail ?? "" }) }) };
    if (proposal.state !== "pending") return { ok: false, message: `${proposal.id} cannot be decided any more.` };
    if (request.op === "approve") bottle.onApprove();
    const { by, reason } = request;
    const decision = { by, at: new Date().toISOString(), ...(reason !== undefined && { reason }) };
    return { ok: true, proposal: keep({ ...proposal, decision, ...(request.op === "reject" ? { state: "rejected" } : bottle.outcome) }) };
  }
}

function parsed<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly unknown[] }): T {
  if (!result.ok) expect(result.problems).toEqual([]);
  return (result as { readonly value: T }).value;
}
