/**
 * Whether a sequence fits a pattern in which some parts (`isStar`) stand for any number of items. Linear in practice and at
 * worst |pattern|·|subject|: only the last star is ever retried.
 */
export function matchesGlob<P, S>(options: {
  readonly pattern: ArrayLike<P>;
  readonly subject: ArrayLike<S>;
  readonly isStar: (part: P) => boolean;
  readonly fits: (part: P, item: S) => boolean;
}): boolean {
  const { pattern, subject, isStar, fits } = options;
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < subject.length;) {
    const part = pattern[at];
    if (part !== undefined && isStar(part)) {
      star = at++;
      resume = index;
    } else if (part !== undefined && fits(part, subject[index] as S)) {
      at += 1;
      index += 1;
    } else if (star !== -1) {
      at = star + 1;
      index = ++resume;
    } else return false;
  }
  for (let part = pattern[at]; part !== undefined; part = pattern[++at]) if (!isStar(part)) return false;
  return true;
}
