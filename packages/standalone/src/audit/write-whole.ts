import { writeSync } from "node:fs";

const patienceMs = 1_000;
const pauseMs = 5;
const bed = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes all bytes before it returns. A reader behind a full pipe gets a second; meanwhile nothing goes on, since nothing may
 * pass unrecorded. @throws the system's error
 */
export function writeWhole(fd: number, bytes: Uint8Array): void {
  const deadline = performance.now() + patienceMs;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!isFull(error) || performance.now() > deadline) throw error;
      Atomics.wait(bed, 0, 0, pauseMs);
    }
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
