import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { createScanner, type Scanner } from "@bottle/secret-scan";
import { interleave, machine, median, range, type Series, table } from "../measure.ts";
import { makeSamples, type Sample } from "./texts.ts";

const chunkBytes = 16 << 10;
const requestsPerTurn = 1000;
const knownSecrets = 20;

/** How fast secrets are looked for: MB/s over bodies, whole and streamed, and µs per request's head. */
export async function benchDlp(args: readonly string[]): Promise<string> {
  const { values } = parseArgs({ args: [...args], options: { quick: { type: "boolean" }, rounds: { type: "string" } } });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 7));
  const known = Array.from({ length: knownSecrets }, (_, index) => ({ name: `SECRET_${index}`, value: secret(`known ${index}`) }));
  const scanner = createScanner({ known });
  const samples = await makeSamples(known.map(({ value }) => value));
  const bodies = await interleave(samples.flatMap((sample) => [
    { name: `${sample.name}|whole`, run: () => turn(sample, () => scanner.bytes(sample.bytes, { contentType: sample.contentType }).length) },
    { name: `${sample.name}|streamed`, run: () => turn(sample, () => streamed(scanner, sample)) },
  ]), rounds);
  let made = 0;
  const heads = await interleave([
    { name: "the same each time", run: () => headTurn(scanner, () => "0123456789abcdef") },
    { name: "a new id in path, `X-Request-Id` and `Traceparent` each time", run: () => headTurn(scanner, () => digest(String(made += 1)).toString("hex").slice(0, 16)) },
  ], rounds);
  return [
    `Looking for ${knownSecrets} known secrets and all patterns: bodies of 1 MiB, whole and streamed in ${chunkBytes >> 10} KiB pieces, by processor time; median of ${rounds} rounds with their range, in turn. ${machine()}.`,
    "", bodiesTable(samples, bodies), "", headsTable(heads),
  ].join("\n");
}

function bodiesTable(samples: readonly Sample[], series: readonly Series<Turn>[]): string {
  const cells = (name: string): readonly string[] => {
    const turns = series.find((one) => one.name === name)?.samples ?? [];
    const speeds = turns.map(({ megabytesPerSecond }) => megabytesPerSecond);
    return [`${median(speeds).toFixed(1)} (${range(speeds, 1)})`, String(turns[0]?.findings ?? 0)];
  };
  return table(["body", "whole: MB/s", "findings", "streamed: MB/s", "findings"], samples.map(({ name }) => [name, ...cells(`${name}|whole`), ...cells(`${name}|streamed`)]));
}

interface HeadTurn {
  readonly micros: number;
  readonly findings: number;
}

interface Turn {
  readonly megabytesPerSecond: number;
  readonly findings: number;
}

function headsTable(series: readonly Series<HeadTurn>[]): string {
  const rows = series.map(({ name, samples }) => {
    const micros = samples.map((sample) => sample.micros);
    return [name, median(micros).toFixed(1), range(micros, 1), String(samples.reduce((sum, { findings }) => sum + findings, 0))];
  });
  return table(["a clean request's head, 10 headers", "µs", "range", `findings in ${(series[0]?.samples.length ?? 0) * requestsPerTurn}`], rows);
}

/** @throws Error if nothing is found where secrets are */
function turn({ name, bytes, hasSecrets }: Sample, scan: () => number): Promise<Turn> {
  const began = process.cpuUsage();
  const findings = scan();
  const { user, system } = process.cpuUsage(began);
  if (hasSecrets && findings === 0) return Promise.reject(new Error(`bench: no findings in ${name}.`));
  return Promise.resolve({ megabytesPerSecond: bytes.length / (user + system), findings });
}

function streamed(scanner: Scanner, { bytes, contentType }: Sample): number {
  const scan = scanner.stream({ contentType });
  let found = 0;
  for (let at = 0; at < bytes.length; at += chunkBytes) found += scan.push(bytes.subarray(at, at + chunkBytes)).findings.length;
  return found + scan.end().findings.length;
}

function headTurn(scanner: Scanner, word: () => string): Promise<HeadTurn> {
  const requests = Array.from({ length: requestsPerTurn }, () => request(word()));
  const began = performance.now();
  const findings = requests.reduce((sum, head) => sum + scanner.request(head).length, 0);
  return Promise.resolve({ micros: (performance.now() - began) * 1000 / requestsPerTurn, findings });
}

function request(word: string): { readonly host: string; readonly target: string; readonly headers: readonly string[] } {
  const headers = {
    Host: "api.example.com", "User-Agent": "bench/1.0 (linux; x64)", Accept: "application/json", "Accept-Encoding": "gzip, br", "Accept-Language": "en",
    "Content-Type": "application/json", "Content-Length": "1024", "X-Request-Id": `req-${word}`, Traceparent: `00-${word}${word}-${word}-01`, Connection: "keep-alive",
  };
  return { host: "api.example.com", target: `/v1/items/${word}?page=2&sort=name`, headers: Object.entries(headers).flat() };
}

function secret(seed: string): string {
  return digest(seed).toString("base64url");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
