/** What a running program can be told or asked. */
export type ControlOrder = "reload" | "freeze" | "thaw" | "status";

/** Who gave an order. */
export type Orderer = "control" | "SIGHUP";

/** An order that was not carried out. */
export interface RefusedOrder {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  /** Of what stays in force. */
  readonly generation: number;
}

/** What an order was answered: how the program stands then, or why not. */
export type ControlAnswer<Status> = { readonly ok: true } & Status & Partial<Reloaded> | RefusedOrder;

/** What a reload did besides bringing a file into force. */
export interface Reloaded {
  /** Keys of the file that have changed and need a restart. */
  readonly restartNeeded: readonly string[];
}

/** A running program, as its operator sees it. Orders never reject. */
export interface Orders<Status> {
  reload(by: Orderer): Promise<ControlAnswer<Status>>;
  freeze(by: Orderer): Promise<ControlAnswer<Status>>;
  thaw(by: Orderer): Promise<ControlAnswer<Status>>;
  status(): Status;
  /** Why nothing would pass now; undefined: it may. */
  notReady(): string | undefined;
}
