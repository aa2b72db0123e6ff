import type { Finding } from "@bottle/secret-scan";
import { isAlarm } from "../dlp/verdict.ts";
import type { EgressFinding } from "../events.ts";
import type { EgressRoute } from "../policy/model.ts";
import { type RefusalReason, refusals } from "../policy/refusals.ts";
import type { EgressState } from "./state.ts";

/** What is known of a request before anything is decided. */
export interface RecordSubject {
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** The record of one request; it becomes one event. */
export interface ExchangeRecord {
  /** What may be shown of it: a host or path in which something was found is not. */
  readonly subject: RecordSubject;
  /** Bytes of bodies. */
  sent(bytes: number): void;
  received(bytes: number): void;
  /** The request was allowed by a route and maybe given its credential, or is the proxy's own to answer. */
  allow(route?: EgressRoute): void;
  /** Why it was refused or failed. */
  fail(reason: RefusalReason): void;
  /** What the scan found. */
  found(findings: readonly Finding[]): void;
  /** In which parts of the request. */
  readonly places: readonly string[];
  /** Writes the event; later calls do nothing. */
  end(status: number | undefined, isCut: boolean): void;
}

const mostFindings = 20;
const concealed = "[hidden]";

export function createRecord(state: EgressState, subject: RecordSubject): ExchangeRecord {
  const startedAt = performance.now();
  let bytesOut = 0;
  let bytesIn = 0;
  let isAllowed = false;
  let route: EgressRoute | undefined;
  let reason: RefusalReason | undefined;
  let isEnded = false;
  const findings: EgressFinding[] = [];
  const hidden = new Set<string>();
  let isAlarming = false;
  const shown = (): RecordSubject => ({
    ...subject,
    ...(hidden.has("host") ? { host: concealed } : {}),
    ...(hidden.has("path") || hidden.has("request") ? { path: concealed } : {}),
  });
  return {
    get subject() {
      return shown();
    },
    sent: (bytes) => void (bytesOut += bytes),
    received: (bytes) => void (bytesIn += bytes),
    allow(by) {
      isAllowed = true;
      route = by;
    },
    fail: (why) => void (reason ??= why),
    found(more) {
      const alarming = more.filter(isAlarm);
      isAlarming ||= alarming.length > 0;
      for (const { kind, where } of more) if (kind !== "unscannable") hidden.add(where);
      // What matters most must not be crowded out by what was sent along to hide it.
      findings.unshift(...alarming.slice(0, mostFindings).map(toEgress));
      findings.push(...more.filter((one) => !isAlarm(one)).slice(0, mostFindings).map(toEgress));
      findings.splice(mostFindings);
    },
    get places() {
      return [...new Set(findings.map(({ where }) => where))];
    },
    end(status, isCut) {
      if (isEnded) return;
      isEnded = true;
      const isDenied = !isAllowed || (reason !== undefined && refusals[reason].layer !== "upstream");
      const { counts } = state;
      counts[isDenied ? "denied" : "allowed"] += 1;
      counts.bytesOut += bytesOut;
      counts.bytesIn += bytesIn;
      state.record({
        type: "request", decision: isDenied ? "deny" : "allow", ...shown(), bytesOut, bytesIn, durationMs: performance.now() - startedAt,
        ...(reason === undefined ? { layer: "route", reason: isCut ? "cut" : "allowed" } : { layer: refusals[reason].layer, reason }),
        ...(findings.length === 0 ? {} : { findings }),
        ...(reason === "placeholder-misused" || isAlarming ? { alarm: true } : {}),
        ...(route === undefined ? {} : { route: route.host }),
        ...(route?.auth === undefined || isDenied ? {} : { tokenRef: route.auth.tokenRef }),
        ...(status === undefined ? {} : { status }),
      });
    },
  };
}

function toEgress({ rule, kind, where, via }: Finding): EgressFinding {
  return { rule, kind, where, via };
}
