import type { UpstreamFailure } from "@bottle/way-out";
import type { AnswerControl, AnswerSink } from "../upstream/pools.ts";

/** A sink that keeps what it is told. */
export interface RecordedAnswer extends AnswerSink {
  /** Of the last `begin`. */
  readonly control: AnswerControl | undefined;
  /** `start 200`, `end`, `fail upstream-broken`, in their order. */
  readonly told: readonly string[];
  readonly content: string;
  readonly sentBytes: number;
  /** How it ended: `200 content`, with trailers after it, or the reason of its failure. */
  readonly outcome: Promise<string>;
}

/** `on` is called on each step, after it was recorded. */
export function recordAnswer(on: Partial<Record<"begin" | "start" | "data" | "end" | "fail", (control: AnswerControl | undefined) => void>> = {}): RecordedAnswer {
  const { promise: outcome, resolve } = Promise.withResolvers<string>();
  const told: string[] = [];
  let control: AnswerControl | undefined;
  let content = "";
  let status = 0;
  let sentBytes = 0;
  return {
    told, outcome,
    get control() {
      return control;
    },
    get content() {
      return content;
    },
    get sentBytes() {
      return sentBytes;
    },
    begin(steering) {
      control = steering;
      told.push("begin");
      on.begin?.(control);
    },
    start(code) {
      status = code;
      told.push(`start ${code}`);
      on.start?.(control);
    },
    data(chunk) {
      content += chunk.toString("latin1");
      on.data?.(control);
    },
    sent: (bytes) => void (sentBytes += bytes),
    end(trailers = []) {
      told.push("end");
      on.end?.(control);
      resolve([status, content, ...trailers].join(" ").trim());
    },
    fail(failure: UpstreamFailure) {
      told.push(`fail ${failure.reason}`);
      on.fail?.(control);
      resolve(failure.reason);
    },
  };
}
