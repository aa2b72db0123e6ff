import type { Availability } from "@bottle/backend-core";

const explanations: readonly { readonly form: RegExp; readonly reason: string; readonly mend: string }[] = [
  {
    form: /permission denied/i,
    reason: "this user may not use the engine's socket.",
    mend: "Run: sudo usermod -aG docker $USER, and log in again (whoever is in that group is as good as root on this host); or use a rootless engine: dockerd-rootless-setuptool.sh install.",
  },
  {
    form: /context "?([^":\s]+)"?(?:: context)? (?:does not exist|not found)/i,
    reason: "the docker context that is asked for does not exist.",
    mend: "See `docker context ls`, then `docker context use NAME`, or unset DOCKER_CONTEXT.",
  },
  {
    form: /cannot connect to the docker daemon|is the docker daemon running|connection refused|no such host|i\/o timeout|error during connect/i,
    reason: "the engine does not answer.",
    mend: "Start it: sudo systemctl start docker. Where it is elsewhere, set DOCKER_HOST or `docker context use NAME`.",
  },
];

/** What is said when the engine does not answer a call; undefined if docker said something else. @param said what it printed */
export function noAnswer(said: string): { readonly reason: string; readonly mend: string } | undefined {
  return /cannot connect to the docker daemon|error during connect/i.test(said) ? explainSilence(said) : undefined;
}

/** Why an engine gave no answer, in bottle's words. @param said what docker printed of it, or a sentence of `EngineError` */
export function explainSilence(said: string): Extract<Availability, { readonly available: false }> {
  const known = explanations.find(({ form }) => form.test(said));
  if (known) return { available: false, reason: known.reason, mend: known.mend };
  if (said.startsWith("The engine ")) return { available: false, reason: `the engine ${said.slice("The engine ".length)}`, mend: "Mend it so that `docker info` works, then start again." };
  return { available: false, reason: `docker says: ${said}`, mend: "Mend it so that `docker info` works, then start again." };
}
