/** One try of the demo, as the probe inside or the host outside saw it. */
export interface Score {
  readonly id: string;
  readonly holds: boolean;
  readonly detail: string;
}

/** What each line of the scoreboard promises, in order. */
export const promises: Readonly<Record<string, string>> = {
  allowed: "A request that a route allows is answered",
  credential: "The server saw a credential the bottle never had",
  "refused-host": "A host on no route is refused, with a reason",
  "refused-tunnel": "A host on no route gets no TLS tunnel either",
  "refused-method": "A method the route does not name is refused",
  "refused-push": "git push over HTTPS is refused",
  "raw-tcp": "Raw TCP goes nowhere",
  metadata: "The cloud's metadata address goes nowhere",
  dns: "Names do not resolve, so none carries data out",
  udp: "UDP goes nowhere",
  cage: "No capability, no new namespaces",
  secret: "The credential is nowhere inside",
  "secret-outside": "The credential is in no file of the bottle's state",
  record: "Every request, allowed or denied, is in the audit log",
};

/** Reads the probe's lines; a line that is not one is left out, so what it should have said counts as failed. */
export function readScores(output: string): readonly Score[] {
  return output.split("\n").flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return isScore(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

function isScore(value: unknown): value is Score {
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string"
    && "holds" in value && typeof value.holds === "boolean" && "detail" in value && typeof value.detail === "string";
}

/** The board: every promise in order, those nobody reported on as failed. */
export function scoreboard(scores: readonly Score[]): readonly (Score & { readonly promise: string })[] {
  return Object.entries(promises).map(([id, promise]) => {
    const score = scores.find((candidate) => candidate.id === id);
    return { id, promise, holds: score?.holds === true, detail: score?.detail ?? "nothing was reported" };
  });
}
