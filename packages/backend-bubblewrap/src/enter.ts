/**
 * Entering a running bottle. `nsenter` joins the relay's user and network namespace, where the operator's process has
 * every capability. From there a few lines of perl (neither nsenter nor Debian 12's setpriv can load a filter) join the
 * bottle's own namespaces, its user namespace last, fork, shed all capabilities, set no_new_privs and the seccomp filter
 * of the bottle's first process, and only then become a program of the bottle. Until that moment the agent sees the
 * process but cannot touch it: it is not dumpable, and its memory belongs to the relay's user namespace (ptrace(2),
 * "Ptrace access mode checking"). Otherwise the agent would write itself into a process that has no filter yet.
 */

// prctl(2): PR_SET_PDEATHSIG 1, PR_SET_DUMPABLE 4, PR_SET_NO_NEW_PRIVS 38; seccomp(2): SECCOMP_SET_MODE_FILTER 1;
// capset(2): _LINUX_CAPABILITY_VERSION_3. Numbers from the kernel's syscall_64.tbl and asm-generic/unistd.h.
const numbers = {
  x64: { prctl: 157, seccomp: 317, setsid: 112, setns: 308, capset: 126, close: 3 },
  arm64: { prctl: 167, seccomp: 277, setsid: 157, setns: 268, capset: 91, close: 57 },
} as const;

/** The architectures bottle has a filter for. */
export type Architecture = keyof typeof numbers;

/** Perl that closes every descriptor but the standard three: whoever started bottle may have left some open, a folder of the host's above all. */
export function closeInherited(arch: Architecture): string {
  return `opendir(my $fds, "/proc/self/fd") or exit 126; my @fds = grep { /^[0-9]+$/ && $_ > 2 } readdir $fds; closedir $fds; syscall(${numbers[arch].close}, $_ + 0) for @fds;`;
}

/**
 * The perl program; its argument is the host pid of the bottle's first process, everything else reaches it on descriptor
 * 3. Fails closed: any step that fails ends it with 126. Outside, a parent waits and passes the exit status on.
 */
export function entryProgram(arch: Architecture): string {
  const { prctl, seccomp, setsid, setns, capset } = numbers[arch];
  return [
    `sub fail { print STDERR "bottle: cannot enter: $_[0]\n"; exit 126 }`,
    `open(my $in, "<&=", 3) or fail("descriptor"); binmode $in; my $all = do { local $/; <$in> }; close $in;`,
    closeInherited(arch),
    `my ($cwd, $own, $filter, $n, @r) = unpack("(N/a*)*", $all); @r && length $filter or fail("payload");`,
    `my @ns = map { open(my $f, "<", "/proc/$ARGV[0]/ns/$_") or fail("$_: $!"); $f } qw(ipc uts cgroup pid mnt user);`,
    `syscall(${setns}, fileno($_), 0) == 0 or fail("namespace: $!") for @ns; close $_ for @ns;`,
    `syscall(${prctl}, 4, 0, 0, 0, 0) == 0 or fail("dumpable"); my $pid = fork() // fail("fork: $!");`,
    // Ctrl-C is for the program; it would take the parent along, and that the program.
    `if ($pid) { $SIG{INT} = $SIG{QUIT} = "IGNORE"; waitpid($pid, 0); exit($? & 127 ? 128 + ($? & 127) : $? >> 8) }`,
    `%ENV = (); for (1 .. $n) { my $k = shift @r; $ENV{$k} = shift @r }`,
    `my $head = pack("L l", 0x20080522, 0); my $none = pack("x24");`,
    `syscall(${capset}, $head, $none) == 0 or fail("capabilities");`,
    `chdir $cwd or fail("folder $cwd"); syscall(${setsid}) if $own;`,
    `syscall(${prctl}, 1, 9, 0, 0, 0) == 0 or fail("pdeathsig");`,
    `syscall(${prctl}, 38, 1, 0, 0, 0) == 0 or fail("no_new_privs");`,
    `my $p = pack("S x6 P", length($filter) / 8, $filter); syscall(${seccomp}, 1, 0, $p) == 0 or fail("seccomp");`,
    `exec { $r[0] } @r; print STDERR "bottle: $r[0]: $!\n"; exit 127;`,
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
    "/usr/bin/perl", "-e", entryProgram(arch), String(pids.first),
  ];
}
