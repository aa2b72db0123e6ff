/**
 * Starts resources side by side, and keeps what came up in `stack` even if the other one failed, so that unwinding
 * sees everything. A failure aborts the others through `signal`; the first failure is thrown after all have settled.
 */
export async function startTogether<A extends AsyncDisposable, B extends AsyncDisposable>(options: {
  readonly stack: AsyncDisposableStack;
  readonly starters: readonly [(signal: AbortSignal) => Promise<A>, (signal: AbortSignal) => Promise<B>];
  readonly signal?: AbortSignal | undefined;
}): Promise<[A, B]> {
  const failure = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failure.signal]) : failure.signal;
  let first: { readonly reason: unknown } | undefined;
  const run = async <T extends AsyncDisposable>(start: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return options.stack.use(await start(signal));
    } catch (reason) {
      first ??= { reason };
      failure.abort(reason);
      throw reason;
    }
  };
  const [a, b] = await Promise.allSettled([run(options.starters[0]), run(options.starters[1])]);
  if (a.status === "fulfilled" && b.status === "fulfilled") return [a.value, b.value];
  throw first?.reason;
}
