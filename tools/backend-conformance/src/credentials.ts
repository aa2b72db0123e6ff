import { readFile } from "node:fs/promises";
import { secretValue, type TokenReading } from "@bottle/manifest";
import { describe, expect, test } from "vitest";
import { allowedHost, run } from "./rig.ts";
import { sharedBottle } from "./shared-bottle.ts";
import type { ConformanceSetup } from "./suite.ts";

/** How long an answer counts at most, and what it takes to come. */
const renewedWithin = { timeout: 15_000, interval: 500 };

/** Credentials that change while a bottle runs. */
export function credentialPromises(setup: ConformanceSetup): void {
  describe("credentials that are read again", () => {
    const fresh = `fresh-${crypto.randomUUID()}`;
    const asked: string[] = [];
    let reading: TokenReading = { value: secretValue(`first-${fresh}`) };
    const read = (name: string): Promise<TokenReading> => {
      asked.push(name);
      return Promise.resolve(reading);
    };
    const { rig, bottle } = sharedBottle(setup, ({ spec }) => ({ egress: { ...spec().egress, tokens: {}, renewable: { refs: ["REAL_TOKEN"], read } } }));
    const sent = async (): Promise<unknown> => {
      await run(bottle(), `curl -sS https://${allowedHost}/v1/renewed`);
      return rig().internet.requests.findLast(({ url }) => url === "/v1/renewed")?.headers["authorization"];
    };

    test("the value is read outside, at the launch and again while the bottle runs", async () => {
      expect(await sent()).toBe(`Bearer first-${fresh}`);
      reading = { value: secretValue(`second-${fresh}`) };
      await expect.poll(sent, renewedWithin).toBe(`Bearer second-${fresh}`);
      expect(new Set(asked)).toEqual(new Set(["REAL_TOKEN"]));
    });

    test("the new value is a credential from then on: it neither leaves from inside, nor is it in the record", async () => {
      await expect.poll(async () => (await run(bottle(), `curl -sS -o /dev/null -w '%{http_code}' 'https://${allowedHost}/v1/leak?x=second-${fresh}'`)).out, renewedWithin).toBe("403");
      expect(rig().internet.requests.some(({ url }) => url.includes(fresh))).toBe(false);
      await rig().backend.refresh(bottle().identity, "record");
      const { audit } = rig().state.directory(bottle().identity);
      await expect.poll(() => readFile(audit, "utf8"), renewedWithin).toContain("/v1/leak");
      expect(await readFile(audit, "utf8")).not.toContain(fresh);
    });

    test("one that is no longer to be had is not used any more, and once it is there again it is", async () => {
      reading = { problem: "its file is gone" };
      const status = async (): Promise<string> => (await run(bottle(), `curl -sS -o /dev/null -w '%{http_code}' https://${allowedHost}/v1/gone`)).out;
      await expect.poll(status, renewedWithin).not.toBe("200");
      const before = rig().internet.requests.length;
      expect(await status()).not.toBe("200");
      expect(rig().internet.requests.length).toBe(before);
      reading = { value: secretValue(`third-${fresh}`) };
      await expect.poll(sent, renewedWithin).toBe(`Bearer third-${fresh}`);
    });

    test("a launch without it ends before anything is made", async () => {
      const { spec, stateFolders, backend } = rig();
      const before = await stateFolders();
      const wanted = spec();
      const prepared = await backend.prepare({ ...wanted, egress: { ...wanted.egress, tokens: {}, renewable: { refs: ["REAL_TOKEN"], read: () => Promise.resolve({ problem: "the command ended with 1" }) } } });
      await expect(prepared.launch()).rejects.toMatchObject({ code: "credential-missing", message: "The credential REAL_TOKEN of bottle \"conform\" is not to be had: the command ended with 1." });
      expect(await stateFolders()).toEqual(before);
      expect(await backend.leftovers(wanted.identity)).toBe(0);
    });
  });
}
