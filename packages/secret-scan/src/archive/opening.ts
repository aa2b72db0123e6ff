import { asBuffer } from "../bytes.ts";
import type { Run } from "../decode/runs.ts";
import type { Budget } from "../limits.ts";
import { isBegun } from "./begun.ts";
import { isClosed } from "./closed.ts";
import { isBlock, isMarkedDeflate, zlibData } from "./deflate.ts";
import { gzipData, hasZstdBlock, inflateBeginning, inflateGzip, inflateRaw, inflateZstd, inflateZstdBeginning, isGzip, isUsualGzip, isZstd, type Inflated } from "./inflate.ts";
import { createMarkSearch, isArchive, markBytes, shortestDamaged } from "./marks.ts";
import type { ArchiveProblem, Content, Opened } from "./open.ts";
import { createPassed } from "./passed.ts";
import { hasXzBlock, inflateXz, isXz } from "./xz/inflate-xz.ts";
import { deflated, isOpenable, isZipDirectory, isZipEntry, readZipDirectory, readZipHeader, stored, xz, zstandard } from "./zip.ts";

/** What is no deflated data makes sense as such for a few dozen bytes, by chance for so many never. */
const telling = 256;
/** So much of what they become tells the same: a few bytes may become a thousand times as many. */
const mostTelling = 16 << 10;
/** What a mark takes of what may be inflated if nothing comes of it, so that there is an end to many of them; and if much had to be gone over for that. */
const leastWasted = 16 << 10;
const lateWasted = 64 << 10;
/** To search so many bytes for where a head ends takes as long as to inflate one. */
const searchedPerByte = 256;
/** Of a frame or a stream so many bytes have to make sense before the rest is gone over. */
const firstBytes = 4 << 10;
const shortestText = 6;

/** A try to inflate. */
interface Attempt {
  readonly kind: Content["kind"];
  /** Where its mark is. */
  readonly at: number;
  readonly inflateBy: (most: number) => Inflated | "unknown";
  /** Whether what is damaged is an archive all the same: it is unless told. */
  readonly isReal?: () => boolean;
  readonly name?: string | undefined;
  /** From how many bytes on what is not whole is a problem: where the mark is short, not so few that they may be an id. */
  readonly leastDamaged?: number;
  /** Where what it inflates begins: at the mark unless told. */
  readonly data?: number;
}

/** What one of a zip's entries is known by. */
type Entry = Pick<Attempt, "kind" | "at" | "name" | "data">;

const problemOf = { "too-large": "archive-too-large", damaged: "archive-damaged", unknown: "compression-unknown" } as const;

/** Goes over bytes once, and opens what begins in them. */
export class Opening {
  readonly #own: Buffer;
  readonly #buffer: Buffer;
  readonly #budget: Budget;
  readonly #contents: Content[] = [];
  readonly #problems = new Set<ArchiveProblem>();
  readonly #taken: Run[] = [];
  readonly #passed = createPassed();

  /** @param beyond the bytes and what follows them, into which what begins in them may go on */
  constructor(bytes: Uint8Array, beyond: Uint8Array, budget: Budget) {
    this.#own = asBuffer(bytes);
    this.#buffer = asBuffer(beyond);
    this.#budget = budget;
  }

  run(): Opened {
    if (isClosed(this.#own)) this.#problems.add("compression-unknown");
    if (!isMarkedDeflate(this.#own) || this.#mayOpen()) this.#openMarked();
    else this.#problems.add("archive-too-large");
    return { contents: this.#contents, problems: [...this.#problems], taken: this.#taken };
  }

  #openMarked(): void {
    if (isMarkedDeflate(this.#own)) this.#readZlib();
    const next = createMarkSearch(this.#own);
    for (let at = next(0); at !== -1; at = next(at)) {
      const free = this.#passed.after(at);
      if (free > at) {
        at = free;
        continue;
      }
      if (isZipDirectory(this.#buffer, at)) this.#readDirectory(at);
      else if (this.#mayOpen()) this.#read(at);
      else return void this.#problems.add("archive-too-large");
      at += 1;
    }
  }

  #mayOpen(): boolean {
    return this.#budget.entry() && this.#budget.inflation(0) >= 1;
  }

  #read(at: number): void {
    const rest = this.#buffer.subarray(at);
    if (isGzip(rest, 0)) this.#readGzip(rest, at);
    else if (isZstd(rest, 0)) this.#inflateFrame(rest, { kind: "zstd", at });
    else if (isXz(rest, 0)) this.#inflateStream(rest, { kind: "xz", at });
    else if (isZipEntry(rest, 0)) this.#readEntry(at);
  }

  #readGzip(rest: Buffer, at: number): void {
    // No program writes another; by chance there are many.
    const leastDamaged = isUsualGzip(rest, 0) ? shortestDamaged : telling;
    this.#inflateDeflated(gzipData(this.#buffer, at) ?? this.#buffer.length, { kind: "gzip", at, inflateBy: (most) => inflateGzip(rest, most, this.#budget.entry), leastDamaged });
  }

  #readZlib(): void {
    const data = zlibData(this.#buffer);
    this.#inflateDeflated(data, { kind: "deflate", at: 0, inflateBy: (most) => inflateRaw(this.#buffer.subarray(data), most), data });
  }

  #readEntry(at: number): void {
    const header = readZipHeader(this.#buffer.subarray(at));
    if (header === undefined) return this.#none(at);
    const { name, method, size, isLikely } = header;
    const data = at + header.start;
    const rest = this.#buffer.subarray(data);
    const frame = size === 0 ? rest : rest.subarray(0, size);
    const entry = { kind: "zip", at, name, data } as const;
    if (isLikely && header.isEncrypted) this.#problems.add("archive-encrypted");
    else if (isLikely && method === zstandard && isZstd(rest, 0)) this.#inflateFrame(frame, entry);
    else if (isLikely && method === xz) this.#inflateStream(frame, { ...entry, isReal: () => true });
    else if (isLikely && method === stored) this.#readStored(size, entry);
    else if (isLikely && method !== deflated && method !== zstandard) this.#problems.add("compression-unknown");
    else this.#inflateDeflated(data, { ...entry, inflateBy: (most) => inflateRaw(rest, most) });
  }

  #readStored(size: number, entry: Entry & { readonly name: string; readonly data: number }): void {
    const { at, name, data } = entry;
    const rest = this.#buffer.subarray(data);
    this.#contents.push({ kind: "zip", name, bytes: rest.subarray(0, size), beyond: rest });
    this.#take([at, at + markBytes]);
    this.#take([data, Math.min(this.#buffer.length, data + size)]);
    // Who opens a zip by its directory does not care what stands in another.
    const begin = rest.subarray(0, telling);
    if (isBlock(begin) && inflateRaw(begin, mostTelling) !== "damaged") this.#inflate({ ...entry, inflateBy: (most) => inflateRaw(rest, most), leastDamaged: telling });
  }

  #readDirectory(at: number): void {
    const { isEncrypted = false, method = stored } = readZipDirectory(this.#buffer.subarray(at)) ?? {};
    if (isEncrypted) this.#problems.add("archive-encrypted");
    if (!isOpenable(method)) this.#problems.add("compression-unknown");
  }

  // Raw deflate, which begins at `data`.
  #inflateDeflated(data: number, attempt: Attempt): void {
    const begin = this.#buffer.subarray(data, data + telling);
    if (begin.length === 0 || !isBlock(begin)) {
      this.#budget.wasted(Math.floor((data - attempt.at) / searchedPerByte));
      return this.#none(attempt.at);
    }
    if (inflateRaw(begin, mostTelling) !== "damaged") return this.#inflate(attempt);
    this.#budget.wasted(leastWasted);
    const text = inflateBeginning(begin, mostTelling);
    if (text.length >= shortestText) {
      this.#budget.inflated(text.length);
      this.#contents.push({ kind: attempt.kind, name: attempt.name, bytes: text });
    }
    this.#none(attempt.at);
  }

  #inflateFrame(frame: Buffer, entry: Entry): void {
    const first = inflateZstdBeginning(frame.subarray(0, firstBytes), mostTelling);
    this.#inflateMarked(first, { ...entry, isReal: () => hasZstdBlock(frame), inflateBy: (most) => inflateZstd(frame, most) });
  }

  #inflateStream(stream: Buffer, entry: Entry & Pick<Attempt, "isReal">): void {
    const first = inflateXz(stream.subarray(0, firstBytes), mostTelling, () => true);
    this.#inflateMarked(first, { isReal: () => hasXzBlock(stream), ...entry, leastDamaged: 0, inflateBy: (most) => inflateXz(stream, most, this.#budget.entry) });
  }

  // What fails soon costs little, and is most often a mark alone.
  #inflateMarked(first: Inflated | "unknown", attempt: Attempt): void {
    if (first !== "damaged" && first !== "unknown") return this.#inflate(attempt);
    this.#budget.wasted(leastWasted);
    this.#fail(first, attempt);
  }

  #inflate(attempt: Attempt): void {
    const { kind, at, name, data = at, leastDamaged = shortestDamaged } = attempt;
    const { length } = this.#buffer;
    const most = this.#budget.inflation(length - at);
    if (most < 1) return void this.#problems.add("archive-too-large");
    const inflated = attempt.inflateBy(most);
    if (typeof inflated === "string") {
      // How far it went is not known; each costs, so that many that overlap end soon.
      this.#budget.wasted(inflated === "too-large" ? most : Math.max(most / 8, lateWasted));
      return this.#fail(inflated, attempt);
    }
    const { bytes, consumed, isWhole, members = [{ from: 0, data: 0, end: consumed }] } = inflated;
    this.#budget.inflated(bytes.length);
    // What gives little costs what was read.
    this.#budget.wasted(Math.max(0, consumed - bytes.length));
    if (!isWhole && length - data >= leastDamaged) this.#problems.add("archive-damaged");
    if (data + consumed < length && isBegun(bytes)) this.#problems.add("archive-damaged");
    this.#contents.push({ kind, name, bytes });
    if (data > at) this.#take([at, at + markBytes]);
    for (const { from, data: begin, end } of members) {
      this.#take([data + from, data + from + markBytes]);
      this.#take([data + Math.max(begin, from + markBytes), data + end]);
    }
  }

  #fail(why: keyof typeof problemOf, { at, isReal }: Attempt): void {
    if (why === "too-large" || isReal?.() !== false) this.#problems.add(problemOf[why]);
    else this.#none(at);
  }

  // A mark alone.
  #none(at: number): void {
    if (at === 0 && this.#own.length >= shortestDamaged && isArchive(this.#own)) this.#problems.add("archive-damaged");
  }

  #take(run: Run): void {
    this.#taken.push(run);
    this.#passed.add(run);
  }
}
