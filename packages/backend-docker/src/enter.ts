import { BottleError, seccompFilter } from "@bottle/backend-core";

// prctl(2): PR_SET_NO_NEW_PRIVS 38; seccomp(2): SECCOMP_SET_MODE_FILTER 1. Numbers from the kernel's syscall_64.tbl and
// asm-generic/unistd.h.
const numbers = { x64: { prctl: 157, seccomp: 317 }, arm64: { prctl: 167, seccomp: 277 } } as const;

/** The architectures bottle has a filter for. */
export type Architecture = keyof typeof numbers;

const machines: Readonly<Record<string, Architecture>> = { x86_64: "x64", aarch64: "arm64" };

/** The architecture of a machine by `uname -m`. @throws BottleError `backend-unavailable` where there is no filter for it */
export function architectureOf(machine: string): Architecture {
  const known = Object.hasOwn(machines, machine) ? machines[machine] : undefined;
  if (known) return known;
  throw new BottleError("backend-unavailable", `There is no seccomp filter for the engine's machine (${machine || "unknown"}).`, { mend: "Use an engine on x86-64 or arm64." });
}

/** The variable in which an entry's own ones come in: by their own names they would steer `confined` itself, and on a terminal the engine's client on the host. */
const carrier = "BOTTLE_ENTRY_ENV";

// execve(2): MAX_ARG_STRLEN, of which two digits make a byte.
const mostBytes = 60_000;

/**
 * What carries the variables of one entry; `confined` unpacks it inside.
 * @throws BottleError `spec-invalid` for more than 60 000 bytes
 */
export function carried(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  if (lines.length === 0) return {};
  const bytes = Buffer.from(lines.join("\0"));
  if (bytes.length <= mostBytes) return { [carrier]: bytes.toString("hex") };
  throw new BottleError("spec-invalid", `The variables of one call have ${bytes.length} bytes; one entry takes ${mostBytes}.`, { mend: "Put the large ones into a file of the bottle's (`copyIn`)." });
}

/**
 * A command that puts bottle's own seccomp filter over the engine's, unpacks the entry's variables and becomes `argv`. The
 * engine's default lets through what no agent needs, vsock sockets on older engines above all, which no network namespace
 * confines. Fails closed with 126.
 */
export function confined(arch: Architecture, argv: readonly string[]): readonly string[] {
  const { prctl, seccomp } = numbers[arch];
  const program = [
    `my $filter = pack("H*", shift @ARGV); my $p = pack("S x6 P", length($filter) / 8, $filter);`,
    `syscall(${prctl}, 38, 1, 0, 0, 0) == 0 && syscall(${seccomp}, 1, 0, $p) == 0 or do { print STDERR "bottle: no filter: $!\\n"; exit 126 };`,
    `for (split /\\0/, pack("H*", delete $ENV{${carrier}} // "")) { my ($name, $value) = split /=/, $_, 2; $ENV{$name} = $value }`,
    `exec { $ARGV[0] } @ARGV; print STDERR "bottle: $ARGV[0]: $!\\n"; exit 127;`,
  ].join(" ");
  return ["/usr/bin/perl", "-e", program, Buffer.from(seccompFilter(arch)).toString("hex"), ...argv];
}

/**
 * The agent container's first process: reaps orphans and waits, behind the same filter. As pid 1 it takes no signal from
 * inside that it does not handle (pid_namespaces(7)), so an agent can't end its bottle by `kill -9 -1`; the engine's own
 * `init` would end with its only child.
 */
export function firstProcess(arch: Architecture): readonly string[] {
  return confined(arch, ["/usr/bin/perl", "-e", `$SIG{CHLD} = sub { 1 while waitpid(-1, 1) > 0 }; sleep 86400 while 1`]);
}
