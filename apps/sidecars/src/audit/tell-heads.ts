import type { AuditHead } from "@bottle/manifest";

/** Takes every checkpoint, and tells the keeper now and then. Disposing tells what is still to be told. */
export interface HeadTeller extends Disposable {
  readonly take: (head: AuditHead) => void;
}

/**
 * Tells the newest checkpoint every `everyMs` at most, and the first one and the last of an orderly end at once: what a keeper has
 * been told cannot be cut off the log unseen.
 */
export function createHeadTeller(tell: (head: AuditHead) => void, everyMs = 60_000): HeadTeller {
  let newest: AuditHead | undefined;
  let isFirst = true;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (newest) tell(newest);
    newest = undefined;
  };
  return {
    take(head) {
      newest = head;
      if (isFirst || head.closed) flush();
      else timer ??= setTimeout(flush, everyMs).unref();
      isFirst = false;
    },
    [Symbol.dispose]: flush,
  };
}
