import type { Finding } from "@bottle/secret-scan";
import { isAlarm } from "../dlp/verdict.ts";
import type { EgressEvent, EgressFinding } from "../events.ts";
import { grantOf } from "../policy/grant.ts";
import type { EgressRoute } from "../policy/model.ts";
import { type RefusalReason, refusals } from "../policy/refusals.ts";
import type { Entry } from "./roll.ts";
import type { EgressState, OpenRecord } from "./state.ts";

/** What is known of a request before anything is decided. */
export interface RecordSubject {
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

const mostFindings = 20;
const concealed = "[hidden]";

/** The record of one request; it becomes one event. */
export class ExchangeRecord {
  readonly #state: EgressState;
  readonly #subject: RecordSubject;
  readonly #entry: Entry<OpenRecord>;
  readonly #startedAt = performance.now();
  #bytesOut = 0;
  #bytesIn = 0;
  #isAllowed = false;
  #route: EgressRoute | undefined;
  #reason: RefusalReason | undefined;
  #isEnded = false;
  #isAlarming = false;
  #findings: readonly EgressFinding[] = [];
  /** Places in which something was found. */
  #hidden: ReadonlySet<string> | undefined;

  constructor(state: EgressState, subject: RecordSubject) {
    this.#state = state;
    this.#subject = subject;
    this.#entry = state.open.enter(this);
  }

  /** What may be shown of it: a host or path in which something was found is not. */
  get subject(): RecordSubject {
    const hidden = this.#hidden;
    if (hidden === undefined) return this.#subject;
    return {
      ...this.#subject,
      ...(hidden.has("host") ? { host: concealed } : {}),
      ...(hidden.has("path") || hidden.has("request") ? { path: concealed } : {}),
    };
  }

  /** In which parts of the request something was found. */
  get places(): readonly string[] {
    return [...new Set(this.#findings.map(({ where }) => where))];
  }

  /** Bytes of the request's body went out. */
  sent(bytes: number): void {
    this.#bytesOut += bytes;
  }

  /** Bytes of the answer's body came in. */
  received(bytes: number): void {
    this.#bytesIn += bytes;
  }

  /** The request was allowed by a route and maybe given its credential, or is the proxy's own to answer. */
  allow(route?: EgressRoute): void {
    this.#isAllowed = true;
    this.#route = route;
  }

  /** Why it was refused or failed; the first reason counts. */
  fail(reason: RefusalReason): void {
    this.#reason ??= reason;
  }

  /** What the scan found. */
  found(more: readonly Finding[]): void {
    if (more.length === 0) return;
    const alarming = more.filter(isAlarm);
    this.#isAlarming ||= alarming.length > 0;
    this.#hidden = new Set([...this.#hidden ?? [], ...more.filter(({ kind }) => kind !== "unscannable").map(({ where }) => where)]);
    // What matters most must not be crowded out by what was sent along to hide it.
    const others = more.filter((one) => !isAlarm(one));
    this.#findings = [...alarming.map(toEgress), ...this.#findings, ...others.map(toEgress)].slice(0, mostFindings);
  }

  /** Writes the event; later calls do nothing. */
  end(status: number | undefined, isCut: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#state.open.leave(this.#entry);
    const reason = this.#reason;
    const route = this.#route;
    const grant = route && grantOf(route);
    const isDenied = !this.#isAllowed || (reason !== undefined && refusals[reason].layer !== "upstream");
    const { counts } = this.#state;
    counts[isDenied ? "denied" : "allowed"] += 1;
    counts.bytesOut += this.#bytesOut;
    counts.bytesIn += this.#bytesIn;
    const { host, port, method, path } = this.subject;
    const event: Writable<EgressEvent> = {
      type: "request", decision: isDenied ? "deny" : "allow", host, port, method, path,
      bytesOut: this.#bytesOut, bytesIn: this.#bytesIn, durationMs: performance.now() - this.#startedAt,
      layer: reason === undefined ? "route" : refusals[reason].layer, reason: reason ?? (isCut ? "cut" : "allowed"),
    };
    if (this.#findings.length > 0) event.findings = this.#findings;
    if (reason === "placeholder-misused" || this.#isAlarming) event.alarm = true;
    if (route !== undefined) event.route = route.host;
    if (grant !== undefined) event.grant = grant;
    if (route?.auth !== undefined && !isDenied) event.tokenRef = route.auth.tokenRef;
    if (status !== undefined) event.status = status;
    this.#state.record(event);
  }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function toEgress({ rule, kind, where, via }: Finding): EgressFinding {
  return { rule, kind, where, via };
}
