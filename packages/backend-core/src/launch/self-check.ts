import { BottleError } from "../errors.ts";
import { endpoints, type ProxyCredential } from "../inside-env.ts";

// Perl is Essential on Debian and stands in every image, starts in 5 ms, and is not the agent's to change:
// a shell's /dev/tcp has no UDP and no time limit.
const script = String.raw`exec perl -MSocket -e '
my ($host, $port, $auth) = @ARGV;
sub reach { my ($address, $to, $type) = @_;
  socket(my $s, PF_INET, $type, 0) or return "refused";
  local $SIG{ALRM} = sub { die "time" }; alarm 3;
  my $ok = eval { connect($s, pack_sockaddr_in($to, inet_aton($address))) && ($type == SOCK_STREAM || send($s, "x", 0)) };
  alarm 0; return $ok ? "open" : "closed"; }
print "direct tcp $_->[0]:$_->[1] ", reach(@$_, SOCK_STREAM), "\n" for ["192.0.2.1", 443], ["169.254.169.254", 80], ["10.0.0.1", 22];
print "direct udp 192.0.2.53:53 ", reach("192.0.2.53", 53, SOCK_DGRAM), "\n";
my $answer = eval { local $SIG{ALRM} = sub { die "time" }; alarm 5;
  my $name = gethostbyname($host) or die; socket(my $s, PF_INET, SOCK_STREAM, 0) or die;
  connect($s, pack_sockaddr_in($port, $name)) or die; select((select($s), $| = 1)[0]);
  print $s "GET http://_egress.local/ HTTP/1.1\r\nHost: _egress.local\r\nProxy-Authorization: Basic $auth\r\nConnection: close\r\n\r\n";
  my $line = <$s>; alarm 0; $line };
print "sidecar egress ", ($answer // "") =~ m{^HTTP/1\.1 200} ? "answers" : "silent", "\n";
' `;

/** The script that looks, from inside, whether the bottle is closed and its sidecars answer. */
export function selfCheckScript(credential: ProxyCredential): string {
  const auth = Buffer.from(`${credential.username}:${credential.password}`).toString("base64");
  return `${script}${endpoints.egress.host} ${endpoints.egress.port} ${auth}\n`;
}

const expected = [
  "direct tcp 192.0.2.1:443 closed",
  "direct tcp 169.254.169.254:80 closed",
  "direct tcp 10.0.0.1:22 closed",
  "direct udp 192.0.2.53:53 closed",
  "sidecar egress answers",
] as const;

/**
 * Reads the script's output; anything but exactly the expected lines stops the launch.
 * @throws BottleError `self-check-failed` naming the first line that is not as it must be
 */
export function judgeSelfCheck(output: string): void {
  const lines = output.trimEnd().split("\n");
  const wrong = expected.findIndex((line, index) => lines[index] !== line);
  if (wrong === -1 && lines.length === expected.length) return;
  const found = wrong === -1 ? lines[expected.length] : lines[wrong];
  throw new BottleError("self-check-failed",
    `The bottle was stopped: from inside, "${expected[wrong] ?? "nothing more"}" must hold, found "${found ?? ""}".`,
    { mend: "Run `bottle doctor`; if it finds nothing, report this line: a bottle that is not closed is never used." });
}
