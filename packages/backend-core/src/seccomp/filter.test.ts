import { expect, test } from "vitest";
import { seccompFilter } from "./filter.ts";
import { judgedCalls, modeCalls, refusedCalls, signalCalls } from "./numbers.ts";

type Arch = "x64" | "arm64";
const arches = ["x64", "arm64"] as const;
const column = { x64: 0, arm64: 1 } as const;
const audit = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const [allow, refuse, absent, killed] = [0x7fff0000, 0x00050001, 0x00050026, 0x80000000];

/** Runs a filter as the kernel does (Documentation/networking/filter.rst), on struct seccomp_data. */
function judge(arch: Arch, call: { readonly nr: number; readonly args?: readonly bigint[]; readonly audit?: number }): number {
  const program = new DataView(seccompFilter(arch).buffer);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.nr, true);
  data.setUint32(4, call.audit ?? audit[arch], true);
  (call.args ?? []).forEach((value, index) => data.setBigUint64(16 + 8 * index, value, true));
  let accumulator = 0;
  for (let at = 0; at < program.byteLength; at += 8) {
    const [code, jt, jf, k] = [program.getUint16(at, true), program.getUint8(at + 2), program.getUint8(at + 3), program.getUint32(at + 4, true)];
    if (code === 0x20) accumulator = data.getUint32(k, true);
    else if (code === 0x06) return k;
    else if (code === 0x05) at += 8 * k;
    else if (code === 0x15) at += 8 * (accumulator === k ? jt : jf);
    else if (code === 0x35) at += 8 * (accumulator >= k ? jt : jf);
    else if (code === 0x45) at += 8 * ((accumulator & k) !== 0 ? jt : jf);
    else throw new Error(`The kernel knows no instruction ${code}.`);
  }
  throw new Error("The filter ended without a verdict.");
}

const refused = arches.flatMap((arch) => Object.entries(refusedCalls).flatMap(([name, numbers]) => {
  const nr = numbers[column[arch]];
  return nr === null ? [] : [[arch, name, nr] as const];
}));

test.each(refused)("on %s, %s (%d) fails with EPERM", (arch, _name, nr) => {
  expect(judge(arch, { nr })).toBe(refuse);
});

test.each(arches)("on %s, ordinary calls pass", (arch) => {
  // read, write, openat, mmap, execve, exit_group, futex, epoll_create1, accept4, getrandom
  const ordinary = { x64: [0, 1, 257, 9, 59, 231, 202, 291, 288, 318], arm64: [63, 64, 56, 222, 221, 94, 98, 20, 242, 278] }[arch];
  expect(ordinary.map((nr) => judge(arch, { nr }))).toEqual(ordinary.map(() => allow));
});

test.each(arches)("on %s, every number there is gets a verdict", (arch) => {
  for (let nr = 0; nr < 1024; nr += 1) expect([allow, refuse, absent]).toContain(judge(arch, { nr }));
});

test.each(arches)("on %s, a foreign architecture ends the process", (arch) => {
  expect(judge(arch, { nr: 0, audit: 0x40000003 })).toBe(killed);
});

test("x32 numbers are refused, whichever call they stand for", () => {
  for (const nr of [0, 165, 272]) expect(judge("x64", { nr: 0x40000000 | nr })).toBe(refuse);
});

test.each(arches)("on %s, threads and children are made, namespaces are not", (arch) => {
  const nr = judgedCalls.clone[column[arch]];
  expect(judge(arch, { nr, args: [0x3d0f00n] })).toBe(allow); // as pthread_create
  expect(judge(arch, { nr, args: [0x01200011n] })).toBe(allow); // as fork
  for (const flag of [0x00020000n, 0x02000000n, 0x04000000n, 0x08000000n, 0x10000000n, 0x20000000n, 0x40000000n]) {
    expect(judge(arch, { nr, args: [flag | 17n] })).toBe(refuse);
  }
  expect(judge(arch, { nr: judgedCalls.clone3[column[arch]] })).toBe(absent);
});

test.each(arches)("on %s, no keys are pushed into a terminal, whatever the upper half of the number says", (arch) => {
  const nr = judgedCalls.ioctl[column[arch]];
  for (const request of [0x5412n, 0x541cn, 0xdeadbeef00005412n]) expect(judge(arch, { nr, args: [0n, request] })).toBe(refuse);
  for (const request of [0x5401n, 0x5413n, 0x541bn]) expect(judge(arch, { nr, args: [0n, request] })).toBe(allow);
});

test.each(arches)("on %s, sockets are of the families a network namespace confines", (arch) => {
  const nr = judgedCalls.socket[column[arch]];
  expect([1n, 2n, 10n, 16n].map((family) => judge(arch, { nr, args: [family] }))).toEqual([allow, allow, allow, allow]);
  for (const family of [0n, 3n, 17n, 31n, 38n, 40n, 44n]) expect(judge(arch, { nr, args: [family] })).toBe(refuse);
});

test.each(arches)("on %s, personality is only looked at or kept", (arch) => {
  const nr = judgedCalls.personality[column[arch]];
  expect([0n, 0xffffffffn, 0x40000n].map((value) => judge(arch, { nr, args: [value] }))).toEqual([allow, allow, allow]);
  for (const value of [0x8n, 0x400000n, 0x100000n]) expect(judge(arch, { nr, args: [value] })).toBe(refuse);
});

const givers = arches.flatMap((arch) => Object.entries(modeCalls).flatMap(([name, { numbers, mode, flags }]) => {
  const nr = numbers[column[arch]];
  return nr === null ? [] : [[arch, name, { nr, mode, flags }] as const];
}));

test.each(givers)("on %s, %s makes no set-user-id program, and all else", (arch, _name, { nr, mode, flags }) => {
  const verdictOf = (bits: bigint, flagBits: bigint): number => {
    const args = Array<bigint>(6).fill(0n);
    args[mode] = bits;
    if (flags !== undefined) args[flags] = flagBits;
    return judge(arch, { nr, args });
  };
  for (const making of [0x41n, 0x410002n]) expect([0o644n, 0o2755n, 0o1777n, 0o4755n, 0o104000n].map((bits) => verdictOf(bits, making))).toEqual([allow, allow, allow, refuse, refuse]);
  // Without a file to be made the argument is whatever the register held.
  if (flags !== undefined) expect(verdictOf(0o4755n, 0n)).toBe(allow);
});

test.each(arches)("on %s, openat2, whose mode lies in memory, is not there", (arch) => {
  expect(judge(arch, { nr: judgedCalls.openat2[column[arch]] })).toBe(absent);
});

test.each(arches)("on %s, nobody is stopped by another, whichever call is used; other signals, and a stop of one's own group, pass", (arch) => {
  for (const { numbers, signal } of Object.values(signalCalls)) {
    const send = (number: bigint): number => judge(arch, { nr: numbers[column[arch]], args: [1n, 1n, 1n, 1n].map((other, index) => index === signal ? number : other) });
    expect([send(19n), send(19n | 1n << 32n), send(9n), send(18n), send(20n)]).toEqual([refuse, refuse, allow, allow, allow]);
  }
  const [kill, fcntl] = [judgedCalls.kill[column[arch]], judgedCalls.fcntl[column[arch]]];
  const sent = [[7n, 19n], [-1n & 0xffffffffffffffffn, 19n], [1n << 32n | 7n, 19n], [0n, 19n], [7n, 15n]].map((args) => judge(arch, { nr: kill, args }));
  expect(sent).toEqual([refuse, refuse, refuse, allow, allow]);
  expect([[3n, 10n, 19n], [3n, 10n, 29n], [3n, 8n, 19n]].map((args) => judge(arch, { nr: fcntl, args }))).toEqual([refuse, allow, allow]);
});
