import { isDeepStrictEqual } from "node:util";
import { GateError } from "../errors.ts";
import type { GateRepository } from "../options.ts";
import { createExclusive } from "./exclusive.ts";
import { createFind, type Found } from "./find-served.ts";
import type { Served } from "./open-repository.ts";

/** The repositories that are served. */
export interface Stock {
  readonly names: readonly string[];
  find(repository: string): Found;
  /** Ends the connections that are kept to upstreams. */
  disconnect(): void;
  /**
   * Serves others. One that is declared as before goes on undisturbed; of one that is declared no more, or in another way, what is under way is refused first.
   * @throws GateError `repository-failed`; what was served before then is again, as far as it can be
   */
  replace(repositories: readonly GateRepository[]): Promise<void>;
}

/** @param open begins to serve one; in its directory nothing else may be under way. @throws Error if the first cannot be served, when none is */
export async function createStock(repositories: readonly GateRepository[], open: (declared: GateRepository) => Promise<Served>): Promise<Stock> {
  const turns = createExclusive();
  let served: ReadonlyMap<string, Served> = new Map();
  let find = createFind(served);
  const use = (all: readonly Served[]): void => {
    served = new Map(all.map((one) => [one.declared.name, one]));
    find = createFind(served);
  };

  async function openAll(wanted: readonly GateRepository[]): Promise<readonly Served[]> {
    const opened: Served[] = [];
    for (const declared of wanted) {
      try {
        opened.push(await open(declared));
      } catch (cause) {
        await Promise.all(opened.map((one) => one.retire()));
        throw new GateError("repository-failed", `The repository for ${declared.name} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      }
    }
    return opened;
  }

  async function replace(wanted: readonly GateRepository[]): Promise<void> {
    using _turn = await turns.enter();
    const before = [...served.values()];
    const isKept = ({ declared }: Served): boolean => wanted.some((other) => isDeepStrictEqual(other, declared));
    const [kept, gone] = [before.filter(isKept), before.filter((one) => !isKept(one))];
    // A name may be written with other capitals, and a file system may not tell them apart.
    const isTaken = ({ name }: GateRepository): boolean => gone.some(({ declared }) => declared.name.toLowerCase() === name.toLowerCase());
    const added = wanted.filter(({ name }) => !kept.some(({ declared }) => declared.name === name));
    // Before anything ends: what fails here has changed nothing.
    const fresh = await openAll(added.filter((declared) => !isTaken(declared)));
    await Promise.all(gone.map((one) => one.retire()));
    try {
      use([...kept, ...fresh, ...await openAll(added.filter(isTaken))]);
    } catch (error) {
      await Promise.all(fresh.map((one) => one.retire()));
      use(kept);
      const again = await Promise.allSettled(gone.map(({ declared }) => open(declared)));
      use([...kept, ...again.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))]);
      throw error;
    }
  }

  await replace(repositories);
  return {
    get names() {
      return [...served.keys()];
    },
    find: (repository) => find(repository),
    disconnect: () => served.forEach(({ remote }) => remote.disconnect()),
    replace,
  };
}
