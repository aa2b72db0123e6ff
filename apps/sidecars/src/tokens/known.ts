/** Every credential's value that is looked for in what leaves, a renewed one's earlier ones with it. */
export interface KnownTokens {
  know(tokenRef: string, value: string): void;
  entries(): readonly { readonly tokenRef: string; readonly value: string }[];
}

/** Of one credential: the newest, as many as the egress looks for. */
const mostValues = 8;

/** @param values as they were at the start, by `tokenRef` */
export function knownTokens(values: Readonly<Record<string, string>>): KnownTokens {
  const known = new Map(Object.entries(values).map(([tokenRef, value]): [string, readonly string[]] => [tokenRef, [value]]));
  return {
    know(tokenRef, value) {
      const before = (known.get(tokenRef) ?? []).filter((one) => one !== value);
      known.set(tokenRef, [...before, value].slice(-mostValues));
    },
    entries: () => [...known].flatMap(([tokenRef, all]) => all.map((value) => ({ tokenRef, value }))),
  };
}
