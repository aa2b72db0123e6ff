/** An option of the guard or the hop that cannot be read: which, and what to write instead. Never carries a credential. */
export class WayOutError extends Error {
  override readonly name = "WayOutError";
  readonly code = "option-invalid";
}
