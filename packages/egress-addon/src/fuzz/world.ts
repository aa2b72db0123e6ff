import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIssuer } from "../authority/leaf.ts";
import { mintAuthority } from "../authority/mint.ts";
import { type CompiledPolicy, compilePolicy } from "../policy/compile.ts";
import type { EgressPolicy } from "../policy/model.ts";
import type { EgressProxy } from "../options.ts";
import { startEgressProxy } from "../start.ts";
import { type ConnectProxy, startConnectProxy } from "@bottle/way-out/testing";
import { credential, hosts, knownValue, lanes, scripted } from "./names.ts";
import { type RecordingUpstream, startRecordingUpstream } from "./recording-upstream.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "./scripted-upstream.ts";

/** A proxy, and one behind a further proxy, with all that is outside of them. */
export interface World extends AsyncDisposable {
  readonly proxy: EgressProxy;
  readonly port: number;
  readonly hopping: EgressProxy;
  readonly hoppingPort: number;
  readonly policy: CompiledPolicy;
  readonly recorder: RecordingUpstream;
  readonly scripts: ScriptedUpstream["scripts"];
  /** The clients' own sockets that are not closed yet. */
  readonly clients: Set<Socket>;
  /** What the further proxy says to a CONNECT, by host. */
  readonly connectAnswers: Map<string, Buffer>;
  /** All that the further proxy was sent before its tunnels. */
  readonly hop: ConnectProxy;
}

const auth = { scheme: "bearer", tokenRef: "TOKEN" } as const;
const narrow = { methods: ["GET", "POST", "HEAD"], paths: ["/", "/ok/**"] };
const everyLane = Array.from({ length: lanes }, (_, lane) => lane);

const policy: EgressPolicy = {
  routes: [
    { host: hosts.allowed, ...narrow, auth },
    { host: hosts.plain, ...narrow, websocket: false },
    { host: hosts.socket, auth },
    ...everyLane.flatMap((lane) => [{ host: scripted.answers(lane), auth }, { host: scripted.sessions(lane), auth }, { host: scripted.hop(lane), auth }]),
  ],
};
const timeouts = { headMs: 1_000, idleMs: 1_000, handshakeMs: 1_000, connectMs: 1_000, answerMs: 1_000 };

/** Starts everything on loopback. */
export async function startWorld(): Promise<World> {
  const authority = mintAuthority({ commonName: "fuzz upstream" });
  const leaf = createIssuer(authority)("*.fuzz.test");
  const recorder = await startRecordingUpstream(leaf);
  const script = await startScriptedUpstream(leaf);
  const connectAnswers = new Map<string, Buffer>();
  const upstreamPort = Number(recorder.address.split(":")[1]);
  const hop = await startConnectProxy((target, _head, socket) => {
    const answer = connectAnswers.get(target.replace(/:\d+$/, ""));
    if (answer === undefined) return { port: upstreamPort };
    socket.end(answer);
    return undefined;
  });
  const directory = await mkdtemp(join(tmpdir(), "egress-fuzz-"));
  const start = (name: string, options: { readonly via?: { readonly proxy: string }; readonly hosts?: Readonly<Record<string,
    string>> }): Promise<EgressProxy> => startEgressProxy({
    listen: { host: "127.0.0.1", port: 0 }, caDirectory: join(directory, name), policy, tokens: () => credential, secrets: [{ name: "KNOWN", value: knownValue }],
    upstreamCas: [authority.certificate], timeouts, ...options,
  });
  const proxy = await start("direct", { hosts: {
    [hosts.allowed]: recorder.address, [hosts.socket]: recorder.address, [hosts.evil]: recorder.address, [hosts.plain]: recorder.plainAddress,
    ...Object.fromEntries(everyLane.flatMap((lane) => [[scripted.answers(lane), script.address], [scripted.sessions(lane), script.address]])),
  } });
  const hopping = await start("hopping", { via: { proxy: `http://127.0.0.1:${hop.port}` } });
  const portOf = ({ address }: EgressProxy): number => "port" in address ? address.port : 0;
  return {
    proxy, port: portOf(proxy), hopping, hoppingPort: portOf(hopping), policy: compilePolicy(policy), recorder, scripts: script.scripts,
      clients: new Set(), connectAnswers, hop,
    async [Symbol.asyncDispose]() {
      for (const one of [proxy, hopping, hop, script, recorder]) await one[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
