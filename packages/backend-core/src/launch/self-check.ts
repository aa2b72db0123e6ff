import { BottleError } from "../errors.ts";
import { endpoints, type ProxyCredential } from "../inside-env.ts";

// Perl is Essential on Debian and stands in every image, starts in 5 ms, and is not the agent's to change:
// a shell's /dev/tcp has no UDP and no time limit. Its Socket module would take three times as long to load as all the rest, so
// the numbers are Linux's own, the same on x86-64 and arm64 (asm-generic/socket.h, errno.h, ip(7) for the address): AF_INET 2;
// SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_NONBLOCK 2048; SOL_SOCKET 1, SO_ERROR 4; EINPROGRESS 115, ENETUNREACH 101, EHOSTUNREACH 113.
// A connection that is neither refused nor unreachable at once, and a datagram that could be sent, left for the next hop:
// only if nobody there answers to the hop's address (proc(5), /proc/net/arp, flags 0x0) did they stay inside. A neighbour's
// kernel answers in well below a millisecond.
const direct = String.raw`perl -e '
my ($tcp, $udp) = (1, 2);
sub hop { open(my $r, "<", "/proc/net/route") or return; <$r>;
  for (<$r>) { my (undef, $to, $gate) = split; return join ".", reverse unpack("C4", pack("H8", $gate)) if $to eq "00000000" } return }
sub is_deaf { my $hop = hop() // return 0; select(undef, undef, undef, 0.1);
  open(my $a, "<", "/proc/net/arp") or return 0; for (<$a>) { my ($ip, undef, $flags) = split; return hex($flags) == 0 if $ip eq $hop } return 0 }
sub try { my ($address, $to, $type) = @_;
  socket(my $s, 2, $type | 2048, 0) or return [undef, "closed"];
  return [$s, $type == $tcp || send($s, "x", 0) ? "open" : "closed"] if connect($s, pack("S n C4 x8", 2, $to, split /\./, $address));
  return [$s, $! == 115 ? "waiting" : $! == 101 || $! == 113 || $! == 13 || $! == 1 ? "closed" : "open"] }
my @tries = map { [@$_, @{try(@$_)}] } ["192.0.2.1", 443, $tcp], ["169.254.169.254", 80, $tcp], ["10.0.0.1", 22, $tcp], ["192.0.2.53", 53, $udp];
my $is_deaf; my $deaf = sub { $is_deaf //= is_deaf() };
for (@tries) { my ($address, $to, $type, $s, $found) = @$_;
  if ($found eq "waiting") { my $none = !$deaf->(); my $w = ""; vec($w, fileno $s, 1) = 1;
    my $e = select(undef, $w, undef, 0) > 0 ? unpack("i", getsockopt($s, 1, 4)) : undef;
    $found = defined $e ? ($e == 101 || $e == 113 ? "closed" : "open") : $none ? "open" : "closed" }
  elsif ($found eq "open" && $type == $udp) { $found = $deaf->() ? "closed" : "open" }
  print "direct ", $type == $tcp ? "tcp" : "udp", " $address:$to $found\n" }
'`;

// Ten starts at once on a busy machine keep sidecars that have just come up waiting for the processor; who is silent for so long is.
// Whatever is asked of them that they do not have, the gate and supervise answer in their own words; the relay's answer for one that is
// not there are others. A bottle without one is to have nobody at its port: ECONNREFUSED 111.
const sidecars = String.raw`perl -e '
my ($auth, @asked) = @ARGV;
my %proof = (egress => qr{^HTTP/1\.1 200}, "git-gate" => qr{^HTTP/1\.1 404 .*The git gate}s, supervise => qr{^HTTP/1\.1 404 .*bottle.s supervise}s);
my %about = (egress => "GET http://_egress.local/ HTTP/1.1\r\nHost: _egress.local\r\nProxy-Authorization: Basic $auth\r\n");
while (my ($host, $port) = splice @asked, 0, 2) {
  my $found = "silent";
  eval { local $SIG{ALRM} = sub { die "time" }; alarm 20;
    my $name = gethostbyname($host) or die; socket(my $s, 2, 1, 0) or die;
    connect($s, pack("S n a4 x8", 2, $port, $name)) or do { $found = "absent" if $! == 111; die };
    select((select($s), $| = 1)[0]);
    print $s $about{$host} // "GET / HTTP/1.1\r\nHost: $host\r\n", "Connection: close\r\n\r\n";
    my $all = ""; while (my $line = <$s>) { $all .= $line; if ($all =~ $proof{$host}) { $found = "answers"; last } } };
  alarm 0;
  print "sidecar $host $found\n" }
'`;

/** The script that looks, from inside, whether the bottle has a way out past its sidecars; it needs none of them. */
export const directProbes = `${direct}\n`;

/** The script that looks, from inside, which of the sidecars answer. */
export function sidecarProbes(credential: ProxyCredential): string {
  const auth = Buffer.from(`${credential.username}:${credential.password}`).toString("base64");
  return `${sidecars} ${[auth, ...Object.values(endpoints).flatMap(({ host, port }) => [host, port])].join(" ")}\n`;
}

const always = [
  "direct tcp 192.0.2.1:443 closed",
  "direct tcp 169.254.169.254:80 closed",
  "direct tcp 10.0.0.1:22 closed",
  "direct udp 192.0.2.53:53 closed",
  "sidecar egress answers",
] as const;

/** What a bottle has besides its egress. */
export interface Expected {
  readonly hasGate: boolean;
  readonly hasSupervise: boolean;
}

/**
 * Reads the output of the scripts, in this order; anything but exactly the expected lines stops the launch. A sidecar that the bottle
 * does not have must not be there.
 * @throws BottleError `self-check-failed` naming the first line that is not as it must be
 */
export function judgeSelfCheck(output: string, { hasGate, hasSupervise }: Expected): void {
  const expected = [...always, `sidecar git-gate ${hasGate ? "answers" : "absent"}`, `sidecar supervise ${hasSupervise ? "answers" : "absent"}`];
  const lines = output.trimEnd().split("\n");
  const wrong = expected.findIndex((line, index) => lines[index] !== line);
  if (wrong === -1 && lines.length === expected.length) return;
  const found = wrong === -1 ? lines[expected.length] : lines[wrong];
  throw new BottleError("self-check-failed",
    `The bottle was stopped: from inside, "${expected[wrong] ?? "nothing more"}" must hold, found "${found ?? ""}".`,
    { mend: "Run `bottle doctor`; if it finds nothing, report this line: a bottle that is not closed is never used." });
}
