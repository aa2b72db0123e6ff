import { describe, expect, test } from "vitest";
import { allowedHost, otherHost, realToken, run } from "./rig.ts";
import { sharedBottle } from "./shared-bottle.ts";
import type { ConformanceSetup } from "./suite.ts";

const perl = (code: string): string => `perl -MSocket -e '${code}'`;

/** P2: nothing leaves but by a route, whether or not a program honours proxies. */
export function networkPromises(setup: ConformanceSetup): void {
  describe("network", () => {
    const { rig, bottle } = sharedBottle(setup);

    test("an allowed route answers, and the server sees the real credential", async () => {
      const { out, err, code } = await run(bottle(), `curl -sS https://${allowedHost}/v1/hello -H 'authorization: Bearer placeholder'`);
      expect({ err, code }).toEqual({ err: "", code: 0 });
      const arrived = rig().internet.requests.findLast(({ url }) => url === "/v1/hello");
      expect({ out, authorization: arrived?.headers["authorization"] }).toMatchObject({ authorization: `Bearer ${realToken}` });
      expect(out).not.toContain(realToken);
    });

    test.each([
      ["another host", `https://${otherHost}/v1/hello`, ""],
      ["another path of an allowed host", `https://${allowedHost}/v2/hello`, ""],
      ["another method of an allowed route", `https://${allowedHost}/v1/hello`, "-X DELETE"],
      ["plain HTTP to another host", `http://${otherHost}/`, ""],
    ])("%s is refused with a reason a program can read", async (_, url, flags) => {
      const before = rig().internet.requests.length;
      const { out } = await run(bottle(), `curl -sS ${flags} -w '\\n%{http_code} %{http_connect}' '${url}' 2>/dev/null; true`);
      expect(out).toMatch(/403/);
      expect(rig().internet.requests.length).toBe(before);
    });

    test("a refusal says layer, reason, host, and how to ask", async () => {
      const { out } = await run(bottle(), `curl -sS http://${otherHost}/x`);
      expect(JSON.parse(out)).toMatchObject({ host: otherHost, layer: expect.any(String), reason: expect.any(String), how_to_ask: expect.any(String) });
    });

    test.each([
      ["a documentation address", "192.0.2.1", 443],
      ["the cloud's metadata address", "169.254.169.254", 80],
      ["a private address", "10.0.0.1", 22],
      ["the fixture internet on the host's loopback", "127.0.0.1", "fixture"],
    ])("raw TCP to %s goes nowhere", async (_, address, port) => {
      const number = port === "fixture" ? rig().internet.address.split(":")[1] : port;
      const { out } = await run(bottle(), perl(`socket(my $s, PF_INET, SOCK_STREAM, 0); alarm 5; print connect($s, pack_sockaddr_in(${number}, inet_aton("${address}"))) ? "open" : "closed"`));
      expect(out).toBe("closed");
    });

    test.each([["192.0.2.53", 53], ["127.0.0.53", 53], ["8.8.8.8", 53]])("a UDP datagram to %s port %d gets no answer", async (address, port) => {
      const { out } = await run(bottle(), perl(`socket(my $s, PF_INET, SOCK_DGRAM, 0); connect($s, pack_sockaddr_in(${port}, inet_aton("${address}"))) && send($s, "x", 0) && do { local $SIG{ALRM} = sub { die }; alarm 1; eval { recv($s, my $b, 100, 0) and print "answer" } }; print "end"`));
      expect(out).toBe("end");
    });

    test("IPv6 goes nowhere", async () => {
      const { code } = await run(bottle(), "curl -sS -g --noproxy '*' -m 5 'http://[2001:db8::1]/'");
      expect(code).not.toBe(0);
    });

    test("no name resolves but bottle's own", async () => {
      expect((await run(bottle(), "getent hosts egress")).code).toBe(0);
      expect((await run(bottle(), `getent hosts ${allowedHost}`)).code).not.toBe(0);
    });

    test("ignoring the proxy leads nowhere", async () => {
      const { code } = await run(bottle(), `curl -sS --noproxy '*' -m 5 https://${allowedHost}/v1/hello`);
      expect(code).not.toBe(0);
    });

    test("the proxy serves only who presents the bottle's own credential", async () => {
      const { out } = await run(bottle(), `curl -sS -o /dev/null -w '%{http_code}' -x http://egress:8080 http://${otherHost}/`);
      expect(out).toBe("407");
    });

    test("the proxy leads to none of the host's own listeners", async () => {
      const { out } = await run(bottle(), `for url in http://${rig().internet.plainAddress}/ http://localhost/; do curl -sS -o /dev/null -w '%{http_code} ' -x "$http_proxy" --noproxy '' $url; done`);
      expect(out).toBe("403 403 ");
    });

    test("the routes in force can be read inside, without a secret", async () => {
      const { out } = await run(bottle(), "curl -sS http://_egress.local/");
      expect(JSON.parse(out)).toMatchObject({ routes: [{ host: allowedHost }] });
      expect(out).not.toContain(realToken);
    });

    test("HTTPS git push is refused on an allowed host", async () => {
      const { out } = await run(bottle(), `curl -sS -o /dev/null -w '%{http_code}' 'https://${allowedHost}/v1/app.git/info/refs?service=git-receive-pack'`);
      expect(out).toBe("403");
    });
  });
}
