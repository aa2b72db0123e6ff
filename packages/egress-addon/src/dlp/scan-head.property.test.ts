import fc from "fast-check";
import { expect, test } from "vitest";
import { replacedHeaders } from "../credentials/inject.ts";
import { requestHeaders } from "../exchange/headers.ts";
import type { EgressRoute } from "../policy/model.ts";
import { scanHead } from "./scan-head.ts";
import { createScanning, type Scanning } from "./scanning.ts";

const values = ["kV7pQ2xZ9mB4wT6r", "hN3jD8sL5cF1gY0u"] as const;
const auth = { scheme: "bearer", tokenRef: "T0" } as const;
const routes: readonly EgressRoute[] = [
  { host: "a.test" }, { host: "a.test", auth }, { host: "a.test", auth: { scheme: "header", tokenRef: "T1", name: "X-One" } }, { host: "a.test", dlp: "off" },
];
const pieces = values.flatMap((value) => [value, value.slice(0, 7), value.slice(7), value.slice(0, 11), value.slice(11)]);
const text = fc.oneof(fc.constantFrom("a", "Bearer none", "text/plain", ...pieces), fc.constantFrom("x", "y"));
const head = fc.array(fc.tuple(fc.constantFrom("X-One", "X-Two", "Authorization", "Connection"), text), { maxLength: 3 }).map((pairs) => pairs.flat());
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ head: fc.nat(3), route: fc.nat(3), host: fc.constantFrom("a.test", "b.test"), path: fc.constantFrom("/", "/1", ...pieces.map((piece) => `/${piece}`), `/?q=${pieces[1]}`) }) },
  { weight: 1, arbitrary: fc.constantFrom({ learn: 0 }, { learn: 1 }) },
);

async function start(): Promise<Scanning> {
  const scanning = createScanning({ known: [{ name: "K", value: values[1] }], canaries: [], packs: [] });
  await scanning.load();
  return scanning;
}

test("heads that are known again are found the same in as heads that are not, whatever was sent, learnt and found before", async () => {
  await fc.assert(fc.asyncProperty(fc.array(head, { minLength: 4, maxLength: 4 }), fc.array(step, { minLength: 5, maxLength: 30 }), async (heads, steps) => {
    const [again, anew] = await Promise.all([start(), start()]);
    const fixed = heads.map((headers) => Object.freeze([...headers]));
    for (const one of steps) {
      if ("learn" in one) for (const scanning of [again, anew]) scanning.know({ scheme: "bearer", tokenRef: `T${one.learn}` }, values[one.learn] ?? "");
      else {
        const route = routes[one.route] ?? { host: "a.test" };
        const read = { host: one.host, port: 443, method: "GET", path: one.path, secure: true, methods: ["GET"] };
        const headers = fixed[one.head] ?? [];
        expect(scanHead(again, { read, route, headers })).toEqual(scanHead(anew, { read, route, headers: [...headers] }));
      }
    }
  }), { numRuns: 25 });
});

test("a head that was clean is looked through again once a value in it is known, or by a route that lets more of it leave", async () => {
  const scanning = await start();
  const headers = Object.freeze(["Authorization", values[0]]);
  const found = (route: EgressRoute): readonly string[] => scanHead(scanning, { read: { host: "a.test", port: 443, method: "GET", path: "/", secure: true, methods: ["GET"] }, route, headers }).map(({ rule }) => rule);
  for (let round = 0; round < 3; round += 1) expect(found({ host: "a.test" })).toEqual([]);
  scanning.know(auth, values[0]);
  expect(found({ host: "a.test", auth })).toEqual([]);
  expect(found({ host: "a.test" })).toEqual(["credential T0"]);
  expect(found({ host: "a.test", auth })).toEqual([]);
  expect(requestHeaders(headers, replacedHeaders(auth))).toEqual([]);
});
