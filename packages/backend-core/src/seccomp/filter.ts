import { assemble, load, unlessSkip, verdict, type Instruction } from "./bpf.ts";
import { judgedCalls, modeCalls, refusedCalls, signalCalls } from "./numbers.ts";

// linux/audit.h, linux/seccomp.h; offsets in struct seccomp_data: nr 0, arch 4, args[n] 16 + 8n (low word first).
const auditArch = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const allow = 0x7fff0000;
const killProcess = 0x80000000;
const refuse = 0x00050000 | 1; // EPERM
const absent = 0x00050000 | 38; // ENOSYS: the C library falls back to clone
const numberOffset = 0;
const archOffset = 4;
const argumentOffset = (index: number): number => 16 + 8 * index;

// linux/sched.h: every CLONE_NEW* of clone(2): NEWTIME is clone3's alone, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
const newNamespaces = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;
// asm-generic/ioctls.h: keys pushed into a terminal's input, and the console's paste.
const terminalInjection = [0x5412, 0x541c] as const;
// linux/socket.h: unix, inet, inet6, netlink. Vsock above all is not confined by a network namespace.
const families = [1, 2, 10, 16] as const;
// linux/personality.h: the default, asking for the present one, and no address randomisation (debuggers).
const personalities = [0, 0xffffffff, 0x0040000] as const;
// linux/stat.h: a program with this bit runs as its owner, and on the host the owner is the operator.
const setUserId = 0o4000;
// asm-generic/fcntl.h: O_CREAT and __O_TMPFILE, the flags that make a file.
const makesFile = 0x40 | 0x400000;

// asm-generic/signal.h; asm-generic/fcntl.h: the signal a descriptor sends to its owner, who may be anybody of the account.
const stop = 19;
const setDescriptorSignal = 10;

/**
 * The agent's seccomp filter as bytes for seccomp(2) and `bwrap --seccomp`: a foreign architecture ends the process, x32
 * numbers, the calls of `refusedCalls` and whatever would make a set-user-id program or stop another process (SIGSTOP) fail with EPERM, clone3 and openat2 with
 * ENOSYS (their flags lie in memory, out of a filter's sight), everything else is allowed.
 */
export function seccompFilter(arch: "x64" | "arm64"): Uint8Array {
  const column = arch === "x64" ? 0 : 1;
  const modes = Object.values(modeCalls).flatMap(({ numbers, ...places }) => (numbers[column] == null ? [] : judge(numbers[column], judgeMode(places))));
  // A program that is on its way in belongs to the agent's account before it is behind this filter. Stopped there, it holds the
  // container engine's lock, and the bottle could not be ended any more. A stop of one's own group (0), as job control's, is none of that.
  const refuseStop = (signal: number): readonly Instruction[] => [load(argumentOffset(signal)), unlessSkip("equal", stop, 1), verdict(refuse), verdict(allow)];
  const signals = Object.values(signalCalls).flatMap(({ numbers, signal }) => judge(numbers[column], refuseStop(signal)));
  const refused = Object.values(refusedCalls).map((numbers) => numbers[column]).filter((number): number is number => number != null);
  return assemble([
    load(archOffset), unlessSkip("equal", auditArch[arch], 1), ...skipOver(verdict(killProcess)),
    load(numberOffset),
    // x32: x86-64 numbers with bit 30 set would pass every comparison below.
    ...(arch === "x64" ? [unlessSkip("at-least", 0x40000000, 1), verdict(refuse)] : []),
    ...refused.flatMap((number) => [unlessSkip("equal", number, 1), verdict(refuse)]),
    ...judge(judgedCalls.clone3[column], [verdict(absent)]),
    ...judge(judgedCalls.openat2[column], [verdict(absent)]),
    // The flags are the first argument on both architectures; the kernel's own low word.
    ...judge(judgedCalls.clone[column], [load(argumentOffset(0)), unlessSkip("any-bits", newNamespaces, 1), verdict(refuse), verdict(allow)]),
    // The kernel takes an ioctl's number as 32 bits, so the upper word can't disguise it.
    ...judge(judgedCalls.ioctl[column], [load(argumentOffset(1)), ...terminalInjection.flatMap((request) => [unlessSkip("equal", request, 1), verdict(refuse)]), verdict(allow)]),
    ...judge(judgedCalls.socket[column], oneOf(0, families)),
    ...judge(judgedCalls.personality[column], oneOf(0, personalities)),
    ...judge(judgedCalls.kill[column], [load(argumentOffset(0)), unlessSkip("equal", 0, 1), verdict(allow), ...refuseStop(1)]),
    ...judge(judgedCalls.fcntl[column], [load(argumentOffset(1)), unlessSkip("equal", setDescriptorSignal, 4), ...refuseStop(2), verdict(allow)]),
    ...signals,
    ...modes,
    verdict(allow),
  ]);
}

// `unlessSkip` goes on when equal; here equal must go over the kill, so the pair is: equal → jump, else kill.
function skipOver(instruction: Instruction): readonly Instruction[] {
  return [{ code: 0x05, jt: 0, jf: 0, k: 1 }, instruction];
}

function judge(number: number, body: readonly Instruction[]): readonly Instruction[] {
  return [unlessSkip("equal", number, body.length), ...body];
}

function judgeMode({ mode, flags }: { readonly mode: number; readonly flags?: number }): readonly Instruction[] {
  const body = [load(argumentOffset(mode)), unlessSkip("any-bits", setUserId, 1), verdict(refuse)];
  return [...flags === undefined ? [] : [load(argumentOffset(flags)), unlessSkip("any-bits", makesFile, body.length)], ...body, verdict(allow)];
}

function oneOf(argument: number, values: readonly number[]): readonly Instruction[] {
  return [load(argumentOffset(argument)), ...values.flatMap((value) => [unlessSkip("equal", value, 1), verdict(allow)]), verdict(refuse)];
}
