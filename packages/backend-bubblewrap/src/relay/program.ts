/**
 * The relay's program, in perl: every Debian has it, and a Node of its own for every bottle costs a Node's start and memory.
 *
 * It runs in the outer user and network namespace that it holds, outside the agent's pid and mount namespaces. It brings the
 * loopback up, says "up", joins 127.0.0.1:PORT of the bottle to Unix sockets of the sidecars on the host, says "ready", and
 * copies both ways until its standard input ends, which is the keeper's end. A full buffer of one side stops reading from
 * the other; half-closed connections stay half open; with nobody on the Unix socket it says so in HTTP.
 */

// netdevice(7): SIOCGIFFLAGS 0x8913, SIOCSIFFLAGS 0x8914, IFF_UP 1. Families and types as in <sys/socket.h>: AF_INET 2, datagram 2.
/** A perl statement that brings the loopback of the present network namespace up, or ends with 1. */
export const loopbackUp = String.raw`socket(my $probe, 2, 2, 0) or die "socket: $!\n"; my $lo = pack("a16 x24", "lo");
ioctl($probe, 0x8913, $lo) or die "loopback: $!\n"; my (undef, $flags) = unpack("a16 s", $lo);
ioctl($probe, 0x8914, my $up = pack("a16 s x22", "lo", $flags | 1)) or die "loopback: $!\n"; close $probe;`;

/** As many connections as a bottle has at a time; more wait in the kernel's queue. */
const mostConnections = 1000;

const sidecarsGone = JSON.stringify({
  layer: "bottle",
  reason: "sidecars-gone",
  message: "The sidecars of this bottle do not answer, so it has no way out. The operator can stop it and run bottle resume.",
  retry: "after-resume",
});

const noWayOut = `HTTP/1.1 503 Service Unavailable\r\nx-bottle-block-reason: sidecars-gone\r\ncontent-type: application/json\r\n`
  + `content-length: ${sidecarsGone.length}\r\nconnection: close\r\n\r\n${sidecarsGone}`;

// Numbers of Linux on every architecture bottle knows: SOL_SOCKET 1, SO_REUSEADDR 2; IPPROTO_TCP 6, TCP_NODELAY 1; F_SETFL 4,
// O_NONBLOCK 2048; EINTR 4, EAGAIN 11, ENFILE 23, EMFILE 24. An end is {s socket, o other end, b bytes for this socket,
// r still read from, w still written to}; one without another end only says the last answer.
/** The whole program. Arguments: port and path, once per route; the last is the answer when nobody is there. */
export const relayProgram = String.raw`$| = 1; $SIG{PIPE} = "IGNORE"; ${loopbackUp}
print "up\n";
my $gone = pop @ARGV; my $most = ${2 * mostConnections}; my (%listener, %end);
while (my ($port, $path) = splice @ARGV, 0, 2) {
  length $path < 108 or die "path too long: $path\n";
  my $l; socket($l, 2, 1, 0) && setsockopt($l, 1, 2, 1) && bind($l, pack("S n a4 x8", 2, $port, "\x7f\0\0\x01")) && listen($l, 511)
    or die "port $port: $!\n";
  fcntl($l, 4, 2048); $listener{fileno $l} = [$l, pack("S a108", 1, $path)];
}
print "ready\n";
sub add { my ($s, $b) = @_; fcntl($s, 4, 2048); $end{fileno $s} = { s => $s, b => $b, r => 1, w => 1 } }
sub drop { for my $e (@_) { next unless defined fileno $e->{s}; delete $end{fileno $e->{s}}; close $e->{s}; $most++ if $most < ${2 * mostConnections} } }
sub full { $most = keys %end; $most = 2 if $most < 2; select(undef, undef, undef, 0.05) }
sub take { my ($l, $path) = @{$_[0]};
  accept(my $c, $l) or return $! == 23 || $! == 24 ? full() : undef;
  socket(my $u, 1, 1, 0) or return full();
  setsockopt($c, 6, 1, 1);
  if (!connect($u, $path)) { add($c, $gone); return }
  my ($e, $o) = (add($c, ""), add($u, "")); $e->{o} = $o; $o->{o} = $e;
}
sub flush { my $e = shift; my $o = $e->{o};
  if (length $e->{b}) {
    my $n = syswrite $e->{s}, $e->{b};
    if (!defined $n) { return $! == 11 || $! == 4 ? undef : drop($e, $o // ()) }
    substr($e->{b}, 0, $n) = "";
    return if length $e->{b};
  }
  return if !$e->{w} || ($o && $o->{r});
  $e->{w} = 0; shutdown $e->{s}, 1; drop($e, $o // ()) if $o ? !$o->{w} : !$e->{r};
}
sub fill { my $e = shift; my $o = $e->{o};
  my $n = sysread $e->{s}, my $bytes, 65536;
  if (!defined $n) { return $! == 11 || $! == 4 ? undef : drop($e, $o // ()) }
  if (!$o) { return $n || drop($e) }
  if ($n) { $o->{b} = $bytes } else { $e->{r} = 0 }
  flush($o);
}
while (1) {
  my ($reads, $writes) = ("", ""); vec($reads, 0, 1) = 1;
  if (keys(%end) < $most) { vec($reads, $_, 1) = 1 for keys %listener }
  for my $e (values %end) {
    if (length $e->{b}) { vec($writes, fileno $e->{s}, 1) = 1 }
    if ($e->{r} && !($e->{o} && length $e->{o}{b})) { vec($reads, fileno $e->{s}, 1) = 1 }
  }
  select($reads, $writes, undef, undef) < 0 and next;
  if (vec($reads, 0, 1)) { sysread(STDIN, my $ended, 1) or exit 0 }
  my @known = map [$_, $end{$_}], keys %end;
  for (@known) { my ($fd, $e) = @$_; flush($e) if vec($writes, $fd, 1) && defined fileno $e->{s} }
  for (@known) { my ($fd, $e) = @$_; fill($e) if vec($reads, $fd, 1) && defined fileno $e->{s} && !($e->{o} && length $e->{o}{b}) }
  for (keys %listener) { take($listener{$_}) if vec($reads, $_, 1) }
}`;

/** The relay's arguments: each port of the bottle's 127.0.0.1 with its Unix socket, then the answer of last resort. */
export function relayArguments(routes: readonly { readonly port: number; readonly unix: string }[]): readonly string[] {
  return [...routes.flatMap(({ port, unix }) => [String(port), unix]), noWayOut];
}
