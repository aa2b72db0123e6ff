import { quote } from "../text/visible.ts";
import type { Fault } from "./fault.ts";

const units: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };
const form = /^([0-9]{1,15})(KiB|MiB|GiB|TiB)?$/;
const least = 2 ** 20;

/** Bytes of `2GiB`, `512MiB` or a number of bytes; undefined if it is none. */
export function memoryBytes(value: string | number): number | undefined {
  const [, count, unit = ""] = form.exec(String(value)) ?? [];
  if (count === undefined) return undefined;
  const bytes = Number(count) * (units[unit] ?? 1);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A memory limit: whole KiB, MiB, GiB, TiB or bytes, at least 1 MiB. */
export function memoryFault(value: string | number): Fault | undefined {
  const bytes = memoryBytes(value);
  const shown = typeof value === "string" ? quote(value) : String(value);
  if (bytes === undefined) {
    return { code: "limit-invalid", message: `${shown} is not an amount of memory: write whole KiB, MiB, GiB, TiB or bytes.`, mend: `memory: ${proposal(String(value)) ?? "2GiB"}` };
  }
  if (bytes >= least) return undefined;
  return { code: "limit-invalid", message: `${shown} is ${bytes} bytes, less than 1 MiB; nothing would start.`, mend: `memory: ${value}${bytes < 1024 ? "GiB" : ""}`.replace(/KiBGiB$/, "GiB") };
}

// 2G, 2gb, 2 GB, 1.5GiB
function proposal(text: string): string | undefined {
  const [, count, letter] = /^\s{0,8}([0-9]{1,6}(?:\.[0-9]{1,3})?)\s{0,8}([kmgt])?i?b?\s{0,8}$/i.exec(text) ?? [];
  if (count === undefined || letter === undefined) return undefined;
  const unit = `${letter.toUpperCase()}iB`;
  const isWhole = Number.isInteger(Number(count));
  const smaller = { MiB: "KiB", GiB: "MiB", TiB: "GiB" }[unit];
  return isWhole ? `${Number(count)}${unit}` : smaller && `${Math.round(Number(count) * 1024)}${smaller}`;
}
