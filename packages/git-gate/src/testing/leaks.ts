import { setTimeout } from "node:timers/promises";
import { afterAll, expect } from "vitest";

const watched = /^(?:TCPSocketWrap|TCPServerWrap|TLSWrap|PipeServerWrap|ProcessWrap)$/;

function open(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => watched.test(name));
}

/** Fails the file if a socket, server or process that its tests opened is still there afterwards. */
export function checkLeaks(): void {
  const before = open();
  afterAll(async () => {
    for (let waitedMs = 0; open().length > before.length && waitedMs < 3_000; waitedMs += 50) await setTimeout(50);
    expect(open()).toEqual(before);
  });
}
