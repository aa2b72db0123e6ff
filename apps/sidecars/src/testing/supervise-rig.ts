import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditEvent, Grant, Proposal, Route, SidecarsConfig } from "@bottle/manifest";
import { parseAuditLine, parseGrants } from "@bottle/manifest/state";
import { expect } from "vitest";
import { callControl, launchSidecars, type ControlReply, type ControlRequest, type LaunchedSidecars } from "../index.ts";
import { connectMcp, type McpClient } from "./mcp-client.ts";
import { configIn } from "./rig.ts";

/** What an approval may say besides yes. */
export type Said = Partial<Omit<Extract<ControlRequest, { op: "approve" }>, "op" | "proposal">>;

/** A bottle's sidecars in a process of their own, an upstream that answers for every host of `hosts`, and both who ask and who decide. */
export interface SuperviseRig extends AsyncDisposable {
  readonly folder: string;
  readonly config: SidecarsConfig;
  readonly agent: McpClient;
  readonly sidecars: LaunchedSidecars;
  /** Requests that arrived at the upstream. */
  readonly arrived: readonly string[];
  /** One request from inside, over plain http; resolves to the reason of its refusal, or its status. */
  get(host: string, path?: string): Promise<string>;
  /** A tunnel to port 80 of a host that stays open. */
  tunnel(host: string): Promise<Socket>;
  order(request: ControlRequest): Promise<ControlReply>;
  /** Asks for a host as an agent does, and waits until that is before the operator. */
  ask(host: string, more?: object): Promise<{ readonly proposal: Proposal; readonly answer: Promise<{ readonly state: string; readonly reason?: string }> }>;
  approve(proposal: Proposal, said?: Said): Promise<ControlReply>;
  /** Asks and approves. */
  grant(host: string, said?: Said, more?: object): Promise<Proposal>;
  proposals(): Promise<readonly Proposal[]>;
  /** Of a host, or all. */
  grants(host?: string): Promise<readonly Grant[]>;
  /** What `grants.json` has, of a host, or all. */
  kept(host?: string): readonly Grant[];
  /** What is on record of a proposal or grant, or at all. */
  events(proposal?: string): readonly AuditEvent[];
  /** Ends the process as a power cut does, if told, and starts another on the same directory. */
  restart(options?: { readonly signal?: "SIGKILL" }): Promise<void>;
}

/** A value that must not leave. */
export const listed = "Qz7-listed-value-93kd02";

/** The hosts that lead to the rig's upstream. */
const hosts = [..."abcdefghijklmnop"].map((letter) => `${letter}.test`).concat("denied.test", "api.example.com");

export async function startSuperviseRig(change: { readonly routes?: readonly Route[]; readonly more?: (config: SidecarsConfig) => SidecarsConfig } = {}): Promise<SuperviseRig> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "bottle-supervise-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const arrived: string[] = [];
  const upstream = createServer((incoming, response) => {
    arrived.push(`${incoming.headers.host ?? ""}${incoming.url ?? ""}`);
    if (incoming.url === "/hang") response.write("on");
    else response.end("fine");
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  stack.defer(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const to = `127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const base = configIn(folder, "a-token-0123456789");
  const { declaration } = base.egress;
  const asked: SidecarsConfig = {
    ...base, listen: { ...base.listen, supervise: { unix: join(folder, "sockets/supervise.sock") } },
    supervise: { directory: join(folder, "supervise"), insteadOfImage: "There is no image here." },
    egress: { ...base.egress, secrets: [{ name: "listed", value: listed }], declaration: { ...declaration, routes: change.routes ?? declaration.routes, hosts: Object.fromEntries(hosts.map((host) => [host, to])) } },
  };
  const config = change.more?.(asked) ?? asked;
  const start = (): Promise<LaunchedSidecars> => launchSidecars(config, { logFile: join(folder, "sidecars.log"), ownedBy: "test" });
  let sidecars = await start();
  stack.defer(() => sidecars[Symbol.asyncDispose]());
  let agent = await connectMcp(join(folder, "sockets/supervise.sock"));
  const order = (request: ControlRequest): Promise<ControlReply> => callControl(config.control.unix, request);
  const factOf = async <T>(op: "proposals" | "grants"): Promise<readonly T[]> => {
    const reply = await order({ op });
    if (!reply.ok) throw new Error(reply.message);
    return reply[op] as readonly T[];
  };
  const resources = stack.move();
  const rig: SuperviseRig = {
    folder, config, arrived, order,
    get agent() {
      return agent;
    },
    get sidecars() {
      return sidecars;
    },
    get: (host, path = "/") => new Promise((resolve, reject) => {
      request({ agent: false, socketPath: join(folder, "sockets/egress.sock"), path: `http://${host}${path}`, headers: { host, "proxy-authorization": login } }, (answer) => {
        answer.resume();
        answer.once("close", () => resolve(String(answer.headers["x-bottle-block-reason"] ?? answer.statusCode)));
      }).on("error", reject).end();
    }),
    async tunnel(host) {
      const socket = connect({ path: join(folder, "sockets/egress.sock") });
      socket.on("error", () => undefined);
      socket.write(`CONNECT ${host}:80 HTTP/1.1\r\nHost: ${host}:80\r\nProxy-Authorization: ${login}\r\n\r\n`);
      const [head] = await once(socket, "data") as [Buffer];
      expect(String(head)).toMatch(/^HTTP\/1\.1 200/);
      return socket;
    },
    async ask(host, more = {}) {
      const before = new Set((await rig.proposals()).map(({ id }) => id));
      const answer = agent.call("egress-block", { host, port: 80, method: "GET", justification: "The tests need it.", ...more });
      // Nobody may be left to hear it when the test ends.
      answer.catch(() => undefined);
      let proposal: Proposal | undefined;
      await expect.poll(async () => proposal = (await rig.proposals()).find(({ id, state }) => !before.has(id) && state === "pending"), { timeout: 5_000 }).toBeDefined();
      if (proposal === undefined) throw new Error("Nothing waits.");
      return { proposal, answer };
    },
    approve: ({ id, hash }, said = {}) => order({ op: "approve", proposal: id, hash, by: "op@host", ...said }),
    async grant(host, said, more) {
      const { proposal, answer } = await rig.ask(host, more);
      expect(await rig.approve(proposal, said)).toMatchObject({ ok: true, proposal: { state: "applied" } });
      expect(await answer).toMatchObject({ state: "approved" });
      return proposal;
    },
    proposals: () => factOf<Proposal>("proposals"),
    grants: async (host) => (await factOf<Grant>("grants")).filter(({ route }) => host === undefined || route.host === host),
    kept: (host) => parseGrants(readFileSync(join(folder, "supervise/grants.json"), "utf8")).filter(({ route }) => host === undefined || route.host === host),
    events: (proposal) => readFileSync(config.auditFile, "utf8").trimEnd().split("\n").map((line) => parseAuditLine(line).event)
      .filter((event) => proposal === undefined || ("proposal" in event && event.proposal === proposal)),
    async restart({ signal } = {}) {
      if (signal !== undefined) process.kill(sidecars.pid, signal);
      await sidecars[Symbol.asyncDispose]();
      sidecars = await start();
      agent = await connectMcp(join(folder, "sockets/supervise.sock"));
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
  return rig;
}

const login = `Basic ${Buffer.from("bottle:proxy-password").toString("base64")}`;
