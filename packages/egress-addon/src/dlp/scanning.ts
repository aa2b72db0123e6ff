import type { BodyScan, Finding, KnownSecret, ScanMemory, Scanner } from "@bottle/secret-scan";
import { credentialParts } from "../credentials/parts.ts";
import type { DlpAction, RouteAuth } from "../policy/model.ts";
import type * as library from "./engine.ts";
import type { Engine, Sought } from "./engine.ts";
import { credentialMark } from "./verdict.ts";

/** What the proxy looks for in everything that leaves. */
export interface Scanning {
  /** Loads the scan; until then nothing can be looked through. Resolves at once the second time. */
  load(): Promise<void>;
  readonly isLoaded: boolean;
  /** Adds a route's credential, which was never inside; the last values it had under this name before stay some: what was replaced may be good for a while. */
  know(auth: Pick<RouteAuth, "scheme" | "tokenRef">, value: string): void;
  /** Looks through a request's head. With `off` for credentials and canaries alone: those never leave, whatever a route says. */
  head(head: { readonly host: string; readonly target: string; readonly headers: readonly string[] }, action: DlpAction): readonly Finding[];
  /** Looks through a body as it goes. */
  body(host: string, marks: { readonly contentType: string; readonly contentEncoding: string }): BodyScan;
  /** Looks through one message of a WebSocket. */
  message(host: string, content: Uint8Array): readonly Finding[];
  /** Looks for values in a frame of it as it is on the wire, which whoever receives it may read without taking its mask off. */
  wire(frame: Uint8Array): readonly Finding[];
}

const mostHosts = 256;
/** Values that are looked for of one credential: the newest. */
const mostValues = 8;

/** A scan that knows what went to each host before, so that a value cut over several requests is found. */
export function createScanning({ known, canaries, packs }: Omit<Sought, "credentials">): Scanning {
  const valuesOf = new Map<string, readonly string[]>();
  const partsOf = new Map<string, readonly KnownSecret[]>();
  const latest = new WeakMap<Pick<RouteAuth, "scheme" | "tokenRef">, string>();
  let sought: Sought = { credentials: [], known, canaries, packs };
  const memories = new Map<string, ScanMemory>();
  let engines: typeof library | undefined;
  let whole: Engine | undefined;
  let exact: Engine | undefined;
  let onWire: Scanner | undefined;
  const loaded = (): typeof library => {
    if (engines === undefined) throw new Error("The scan is not loaded.");
    return engines;
  };
  const engineFor = (action: DlpAction): Engine => action === "off" ? exact ??= loaded().credentialEngine(sought) : whole ??= loaded().wholeEngine(sought);
  // Made anew between requests; one that comes before needs the new one, and makes it.
  const renew = (): void => {
    const actions = ([["block", whole], ["off", exact]] as const).flatMap(([action, engine]) => engine === undefined ? [] : [action]);
    whole = undefined;
    exact = undefined;
    onWire = undefined;
    if (actions.length > 0) setImmediate(() => actions.forEach(engineFor));
  };
  let recent: { readonly host: string; readonly memory: ScanMemory } | undefined;
  const memoryOf = (host: string): ScanMemory => {
    if (recent?.host === host) return recent.memory;
    const memory = memories.get(host) ?? engineFor("block").scanner.memory();
    memories.delete(host);
    memories.set(host, memory);
    recent = { host, memory };
    if (memories.size > mostHosts) memories.delete(memories.keys().next().value ?? "");
    return memory;
  };
  return {
    get isLoaded() {
      return engines !== undefined;
    },
    async load() {
      engines ??= await import("./engine.ts");
    },
    know(auth, value) {
      // Each request says it again.
      if (latest.get(auth) === value) return;
      latest.set(auth, value);
      const key = `${auth.scheme} ${auth.tokenRef}`;
      const before = valuesOf.get(key) ?? [];
      if (before.at(-1) === value) return;
      const newest = [...before.filter((one) => one !== value), value].slice(-mostValues);
      valuesOf.set(key, newest);
      partsOf.set(key, newest.flatMap((one) => credentialParts(auth, one)).map((part) => ({ name: `${credentialMark}${auth.tokenRef}`, value: part })));
      sought = { ...sought, credentials: [...partsOf.values()].flat() };
      renew();
    },
    head(head, action) {
      const { hosts, scanner } = engineFor(action);
      const inHost = hosts(head.host);
      const inHead = scanner.request(head, memoryOf(head.host));
      return inHost.length === 0 ? inHead : [...inHost, ...inHead];
    },
    body: (host, marks) => engineFor("block").scanner.stream({ ...marks, memory: memoryOf(host) }),
    message: (host, content) => engineFor("block").scanner.bytes(content, { where: "message" }, memoryOf(host)),
    wire: (frame) => (onWire ??= loaded().valuesScanner(sought)).bytes(frame, { where: "message" }),
  };
}
