import type { AttachOptions, Bottle, ExecOptions, ExecResult } from "../bottle.ts";
import type { RunningSidecars } from "../sidecars.ts";
import type { Witness } from "../state/witness.ts";
import type { Showing } from "./showing.ts";

/** A bottle together with everything its launch made; disposing unwinds it in reverse, once. */
export class LaunchedBottle implements Bottle {
  readonly identity: string;
  readonly workspacePath: string;
  readonly #bottle: Bottle;
  readonly #sidecars: RunningSidecars;
  readonly #showing: Showing | undefined;
  readonly #resources: AsyncDisposableStack;
  #disposed: Promise<void> | undefined;

  constructor(parts: {
    readonly bottle: Bottle;
    readonly sidecars: RunningSidecars;
    readonly witness: Pick<Witness, "died">;
    readonly onWarning: (message: string) => void;
    readonly showing: Showing | undefined;
    readonly resources: AsyncDisposableStack;
  }) {
    this.identity = parts.bottle.identity;
    this.workspacePath = parts.bottle.workspacePath;
    this.#bottle = parts.bottle;
    this.#sidecars = parts.sidecars;
    this.#showing = parts.showing;
    this.#resources = parts.resources;
    void parts.sidecars.ended.then((reason) => {
      if (this.#disposed) return;
      parts.witness.died(reason);
      parts.onWarning(`The sidecars of ${this.identity} ended (${reason}). The bottle has no way out any more; stop it and run \`bottle resume ${this.identity}\`.`);
    });
  }

  exec(script: string, options?: ExecOptions): Promise<ExecResult> {
    return this.#bottle.exec(script, options);
  }

  async attach(argv: readonly string[], options: AttachOptions): Promise<number> {
    this.#sidecars.record({ type: "lifecycle", event: "agent-start", ...(argv[0] !== undefined && { detail: argv[0] }) });
    let detail = "broken off";
    try {
      const status = await this.#bottle.attach(argv, options);
      detail = `exit status ${status}`;
      return status;
    } finally {
      this.#sidecars.record({ type: "lifecycle", event: "agent-exit", detail });
    }
  }

  copyIn(source: string, target: string): Promise<void> {
    return this.#bottle.copyIn(source, target);
  }

  copyOut(source: string, target: string): Promise<void> {
    return this.#bottle.copyOut(source, target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#unwind();
    await this.#disposed;
  }

  /** The bottle first: an agent that still runs must not see its sidecars go. */
  async #unwind(): Promise<void> {
    this.#showing?.end();
    try {
      await this.#bottle[Symbol.asyncDispose]();
    } finally {
      await this.#resources.disposeAsync();
    }
  }
}
