/** Why nobody waits for a call's answer any more. */
export type CallEnd = "gone" | "cancelled";

/** A request that is being answered. Disposing says that its connection has ended. */
export interface Call extends Disposable {
  /** Aborted at its end; the reason is a `CallEnd`. */
  readonly signal: AbortSignal;
}

/** The requests of one MCP session that are being answered, by their JSON-RPC id. */
export interface Calls {
  /** Undefined for an id that is in use, and for one too many. */
  begin(id: string | number): Call | undefined;
  get(id: string | number): Call | undefined;
  cancel(id: string | number): void;
  /** Every call's connection is gone. */
  end(): void;
  readonly size: number;
}

export function createCalls(most: number): Calls {
  const calls = new Map<string | number, { readonly call: Call; readonly end: (why: CallEnd) => void }>();
  return {
    begin(id) {
      if (calls.has(id) || calls.size >= most) return undefined;
      const controller = new AbortController();
      const call: Call = {
        signal: controller.signal,
        [Symbol.dispose]() {
          if (calls.get(id)?.call === call) calls.delete(id);
          controller.abort("gone" satisfies CallEnd);
        },
      };
      calls.set(id, { call, end: (why) => controller.abort(why) });
      return call;
    },
    get: (id) => calls.get(id)?.call,
    cancel: (id) => calls.get(id)?.end("cancelled"),
    end() {
      for (const { end } of calls.values()) end("gone");
    },
    get size() {
      return calls.size;
    },
  };
}
