import { BottleError } from "@bottle/backend-core";

// What answers at an address of the host answers from this kernel, in well below a millisecond. Whether a resolver asks
// others may take as long as they do, unless it passes on that our own server refuses.
const tcpLimitMs = 100;
const dnsLimitMs = 700;
// Port 1 is nobody's: that it refuses tells as much as that another answers.
const ports = [1, 22, 80, 2375];

// Perl as in every bottle's self-check, with Linux's own numbers: those, and ECONNREFUSED 111, ECONNRESET 104. All probes start at once; what has not answered within its limit is silent.
//
// tcp: a connection made or refused reached somebody; unreachable or silence reached nobody.
// dns: one name that no cache can know, below a domain everybody forwards, and the root's name servers, which every resolver
// knows. The engine's resolver at 127.0.0.11 says nothing up to version 24 where it has nobody to forward to, and SERVFAIL
// from then on; Podman's says NXDOMAIN of its own, which has no authority record. An NXDOMAIN with one came from outside.
// Where the check can stand at 127.0.0.1:53, the only server bottle gives the engine's resolver, it refuses the question, and
// a resolver that knows no other server says so at once. One that does not say so asks another.
//
// A host whose firewall drops these ports and not all others is silent and open: that somebody has the address, proc(5)'s
// /proc/net/arp tells (flag 2, complete).
const script = String.raw`perl -e '
sub to { my ($port, $ip) = @_; pack("S n a4 x8", 2, $port, $ip) }
my ($tcp_limit, $limit, @probes) = @ARGV; my $name = join "", map { sprintf "%04x", rand 65536 } 1 .. 4;
my %questions = (random => pack("C/a* C/a* C/a* x", $name, "example", "com") . pack("n2", 1, 1), root => "\0" . pack("n2", 2, 1));
my %servers = ("127.0.0.11" => 1); if (open my $file, "<", "/etc/resolv.conf") { /^\s*nameserver\s+([0-9.]+)\s*$/ and $servers{$1} = 1 while <$file> }
for my $server (sort keys %servers) { push @probes, "dns/$server/$_" for sort keys %questions }
my $us; socket($us, 2, 2 | 2048, 0) && bind($us, to(53, pack("C4", 127, 0, 0, 1))) or undef $us;
my (%verdict, %waiting);
for my $probe (@probes) {
  my ($kind, $address, $what) = split "/", $probe; my $is_tcp = $kind eq "tcp"; my $ip = $address =~ /^[0-9]+(?:\.[0-9]+){3}$/ && !grep({ $_ > 255 } split /\./, $address) ? pack("C4", split /\./, $address) : undef;
  $verdict{$probe} = "closed";
  if (!$ip || !socket(my $s, 2, ($is_tcp ? 1 : 2) | 2048, 0)) { $verdict{$probe} = "unknown" }
  elsif (connect($s, to($is_tcp ? $what : 53, $ip))) {
    if ($is_tcp) { $verdict{$probe} = "open" }
    elsif (defined send($s, pack("n6", 7, 0x100, 1, 0, 0, 0) . $questions{$what}, 0)) { $waiting{$probe} = $s }
  }
  elsif ($! == 115) { $waiting{$probe} = $s }
  elsif ($! == 111) { $verdict{$probe} = "open" }
}
my $spent = 0;
while (%waiting) {
  my $is_slow = grep { m{^dns} } keys %waiting;
  my $left = ($is_slow ? $limit : $tcp_limit) / 1000 - $spent;
  last if $left <= 0;
  my ($read, $write) = ("", "");
  vec($_ =~ /^tcp/ ? $write : $read, fileno($waiting{$_}), 1) = 1 for keys %waiting;
  vec($read, fileno($us), 1) = 1 if $us;
  my ($found, $rest) = select($read, $write, undef, $left); $spent += $left - $rest;
  last if $found <= 0;
  if ($us && vec($read, fileno($us), 1) && defined(my $from = recv($us, my $asked, 1500, 0))) {
    send($us, substr($asked, 0, 2) . pack("n", 0x8185) . substr($asked, 4), 0, $from) if length $asked > 12;
  }
  for my $probe (keys %waiting) {
    my $s = $waiting{$probe};
    if ($probe =~ /^tcp/ && vec($write, fileno($s), 1)) {
      $! = unpack("i", getsockopt($s, 1, 4)); delete $waiting{$probe};
      $verdict{$probe} = "open" if $! == 0 || $! == 111 || $! == 104;
    }
    elsif ($probe =~ /^dns/ && vec($read, fileno($s), 1)) {
      delete $waiting{$probe}; defined recv($s, my $answer, 1500, 0) or next;
      my $code = length $answer >= 12 ? unpack("x3 C", $answer) & 15 : 0;
      my $has_records = unpack("x6 n", $answer) || unpack("x8 n", $answer);
      $verdict{$probe} = "open" unless $code == 2 || $code == 5 || ($code == 3 && !$has_records);
    }
  }
}
if (open my $file, "<", "/proc/net/arp") { while (<$file>) { my ($ip, undef, $flags) = split; next unless hex($flags) & 2; m{^tcp/\Q$ip\E/} and $verdict{$_} = "open" for @probes } }
print "$_ $verdict{$_}\n" for @probes; print "probes ", scalar @probes, "\n";
' ${tcpLimitMs} ${dnsLimitMs}`;

/**
 * A POSIX shell script that looks, from inside, whether the host or a resolver answers; it takes at most 700 ms, and
 * 100 ms where the engine's resolver knows no server but bottle's.
 * @param options.addresses IPv4 addresses the host has, or would have: gateways of the inside and outside networks, bridges
 */
export function closedProbes({ addresses }: { readonly addresses: readonly string[] }): string {
  const probes = [...new Set(addresses)].flatMap((address) => ports.map((port) => `tcp/${address}/${port}`));
  return `${script} ${probes.map((probe) => probe.replace(/[^\w./]/g, "")).join(" ")}\n`;
}

/**
 * Reads the script's output: every probe must be closed, and all must have been made.
 * @throws BottleError `self-check-failed` naming what is open
 */
export function judgeProbes(output: string): void {
  const lines = output.trimEnd().split("\n");
  const made = lines.filter((line) => /^(tcp|dns)\/\S+ closed$/.test(line)).length;
  const wrong = lines.slice(0, -1).find((line) => !line.endsWith(" closed"));
  if (wrong === undefined && made > 0 && lines.at(-1) === `probes ${made}`) return;
  throw new BottleError("self-check-failed", `The bottle was stopped: ${wrong === undefined ? "its probes did not come to their end" : explain(wrong)}.`, {
    mend: "Run `bottle doctor --backend docker`; if it finds nothing, report this line with the output of `docker version`: a bottle that is not closed is never used.",
  });
}

function explain(line: string): string {
  const [, kind, address = "", what = ""] = /^(tcp|dns)\/([^/\s]+)\/(\S+) open$/.exec(line) ?? [];
  if (kind === "tcp") return `from inside, the host answers at ${address} port ${what}`;
  if (kind === "dns") return `from inside, ${address} carries DNS questions out (${what} name)`;
  return `of a probe from inside it is not known whether it is closed: "${line}"`;
}
