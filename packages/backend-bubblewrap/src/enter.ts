/**
 * Entering a running bottle. `nsenter` first joins the relay's user and network namespace, where the operator's process
 * has every capability, then from there the bottle's own namespaces, its user namespace last; the exec that follows
 * sheds all capabilities, since the account inside is not root. A few lines of perl then set no_new_privs and the same
 * seccomp filter as the bottle's first process (neither nsenter nor Debian 12's setpriv can load one) and become the program.
 */

// prctl(2): PR_SET_PDEATHSIG 1, PR_SET_NO_NEW_PRIVS 38; seccomp(2): SECCOMP_SET_MODE_FILTER 1; setsid(2).
// Numbers from the kernel's syscall_64.tbl and asm-generic/unistd.h.
const numbers = {
  x64: { prctl: 157, seccomp: 317, setsid: 112 },
  arm64: { prctl: 167, seccomp: 277, setsid: 157 },
} as const;

/** The architectures bottle has a filter for. */
export type Architecture = keyof typeof numbers;

/** The perl program; everything else reaches it on descriptor 3. Fails closed: any step that fails ends it with 126. */
export function entryProgram(arch: Architecture): string {
  const { prctl, seccomp, setsid } = numbers[arch];
  return [
    `sub fail { print STDERR "bottle: cannot enter: $_[0]\\n"; exit 126 }`,
    `open(my $in, "<&=", 3) or fail("descriptor"); binmode $in; local $/;`,
    `my ($cwd, $own, $filter, $n, @r) = unpack("(N/a*)*", <$in>); close $in;`,
    `%ENV = (); for (1 .. $n) { my $k = shift @r; $ENV{$k} = shift @r }`,
    `@r && length $filter or fail("payload"); chdir $cwd or fail("folder $cwd");`,
    `syscall(${setsid}) if $own;`,
    `syscall(${prctl}, 1, 9, 0, 0, 0) == 0 or fail("pdeathsig");`,
    `syscall(${prctl}, 38, 1, 0, 0, 0) == 0 or fail("no_new_privs");`,
    `my $p = pack("S x6 P", length($filter) / 8, $filter); syscall(${seccomp}, 1, 0, $p) == 0 or fail("seccomp");`,
    `exec { $r[0] } @r; print STDERR "bottle: $r[0]: $!\\n"; exit 127;`,
  ].join(" ");
}

/** What the perl program is told. */
export interface EntryPayload {
  readonly cwd: string;
  /** Whether the program gets a session of its own; not on a terminal, which has made one already. */
  readonly ownSession: boolean;
  readonly filter: Uint8Array;
  readonly env: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

/** The payload as bytes: each string behind its length, 32-bit big-endian. */
export function encodePayload(payload: EntryPayload): Uint8Array {
  const env = Object.entries(payload.env);
  const parts = [payload.cwd, payload.ownSession ? "1" : "", payload.filter, String(env.length), ...env.flat(), ...payload.argv];
  return Buffer.concat(parts.flatMap((part) => {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  }));
}

/** The command that enters: host pids of the relay and of the bottle's first process. */
export function enterCommand(pids: { readonly relay: number; readonly first: number }, arch: Architecture): readonly string[] {
  return [
    "nsenter", "--target", String(pids.relay), "--user", "--net", "--preserve-credentials", "--",
    "nsenter", "--target", String(pids.first), "--mount", "--pid", "--ipc", "--uts", "--cgroup", "--user", "--preserve-credentials", "--",
    "/usr/bin/perl", "-e", entryProgram(arch),
  ];
}
