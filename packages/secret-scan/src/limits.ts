/** How far a scan goes. Past any of these there is a finding of kind "unscannable". */
export interface ScanLimits {
  /** Decodings within decodings, and multipart bodies within each other. */
  readonly depth: number;
  /** Bytes of a body that has to be whole to be read (compressed, multipart, an archive), in a stream. */
  readonly wholeBytes: number;
  /** Bytes that all compressed data of one scan may become. */
  readonly inflatedBytes: number;
  /** Bytes out of one byte in, once they are more than 8 MiB. */
  readonly inflateRatio: number;
  /** Parts of a multipart body. */
  readonly parts: number;
  /** Entries of the archives of one scan, and members of a gzip or streams of an xz. */
  readonly entries: number;
  /** Bytes to look at for each byte given, and 4 MiB on top. */
  readonly workRatio: number;
}

export const defaultLimits: ScanLimits = {
  depth: 3,
  wholeBytes: 8 << 20,
  inflatedBytes: 64 << 20,
  inflateRatio: 200,
  parts: 100,
  entries: 10_000,
  workRatio: 64,
};

const freeWork = 4 << 20;
// What repeats itself becomes a thousandth.
const freeInflation = 8 << 20;
const mostTries = 16;

/** What one scan may still do. */
export interface Budget {
  /** Takes so many bytes of work; false if there are not as many left. */
  work(bytes: number): boolean;
  /** How many bytes so many compressed ones may become. */
  inflation(compressed: number): number;
  inflated(bytes: number): void;
  /** Takes the work of inflating that gave nothing in the end. */
  wasted(bytes: number): void;
  /** Takes one archive entry; false if there is none left. */
  entry(): boolean;
  /** Takes one try at bytes that bear no mark of a compression; false if there is none left. */
  tryUnmarked(): boolean;
}

/** @param mostUnmarked tries at bytes that bear no mark of a compression */
export function createBudget(limits: ScanLimits, inputBytes: number, mostUnmarked: number = mostTries): Budget {
  let work = freeWork + inputBytes * limits.workRatio;
  let inflation = limits.inflatedBytes;
  let entries = limits.entries;
  let tries = mostUnmarked;
  return {
    work(bytes) {
      work -= bytes;
      return work >= 0;
    },
    inflation: (compressed) => Math.max(0, Math.min(inflation, Math.max(freeInflation, compressed * limits.inflateRatio))),
    inflated(bytes) {
      inflation -= bytes;
      work += bytes * limits.workRatio;
    },
    wasted(bytes) {
      inflation -= bytes;
    },
    entry() {
      entries -= 1;
      return entries >= 0;
    },
    tryUnmarked() {
      tries -= 1;
      return tries >= 0;
    },
  };
}
