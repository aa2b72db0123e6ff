import type { Limits } from "@bottle/manifest";

const bytesPerMiB = 1_048_576;

/** A bottle's limits as they are written in a manifest, for people. */
export function describeLimits({ memoryBytes, pids, cpus }: Limits): readonly string[] {
  return [
    ...(memoryBytes === undefined ? [] : [`memory ${memoryBytes % bytesPerMiB === 0 ? `${memoryBytes / bytesPerMiB}MiB` : `${memoryBytes} bytes`}`]),
    ...(pids === undefined ? [] : [`pids ${pids}`]),
    ...(cpus === undefined ? [] : [`cpus ${cpus}`]),
  ];
}
