/** What is made of headers and something else, as a function of both. */
export type OfHead<K, T> = (headers: readonly string[], key: K) => T;

/** Connections that rest hold what was made for their last head, so heads that are longer are not remembered. */
const longestRemembered = 4096;
const mostRemembered = 128;

/**
 * Makes once what depends on headers and a key alone: a program sends the same header lines again and again, and then each of its
 * requests on one connection has the same frozen array. What could still change, or is long, is made each time. Of each array only what
 * was made for the last key is kept, and no longer than the array.
 */
export function perHead<K, T>(make: OfHead<K, T>): OfHead<K, T> {
  const known = new WeakMap<readonly string[], { readonly key: K; readonly made: T }>();
  return (headers, key) => {
    const last = known.get(headers);
    if (last !== undefined && last.key === key) return last.made;
    const made = make(headers, key);
    if (isLasting(headers)) known.set(headers, { key, made });
    return made;
  };
}

/** Headers of the same lifetime as those they were made of: they can be remembered by as well. */
export function asLasting(headers: string[], origin: readonly string[]): readonly string[] {
  return Object.isFrozen(origin) ? Object.freeze(headers) : headers;
}

function isLasting(headers: readonly string[]): boolean {
  if (headers.length > mostRemembered || !Object.isFrozen(headers)) return false;
  let length = 0;
  for (const text of headers) length += text.length;
  return length <= longestRemembered;
}
