/** Shares the answer to a question among all who ask it within `forMs`; a failure is asked again. */
export function recent<T>(ask: () => Promise<T>, forMs: number): () => Promise<T> {
  let last: { readonly answer: Promise<T>; readonly at: number } | undefined;
  return () => {
    if (last && performance.now() - last.at < forMs) return last.answer;
    const answer = ask();
    const asked = { answer, at: performance.now() };
    last = asked;
    answer.catch(() => {
      if (last === asked) last = undefined;
    });
    return answer;
  };
}
