import { expect, test } from "vitest";
import { createGuard, type GuardOptions } from "./destination.ts";

const guard = (options: Partial<GuardOptions>) => createGuard({
  hosts: {}, allowPrivate: [], resolve: async () => ["93.184.216.34"], ownAddresses: () => ["127.0.0.1", "::1", "93.184.216.99"], ownPorts: () => [3128], ...options,
});
const to = (...addresses: string[]): Partial<GuardOptions> => ({ resolve: async () => addresses });

test("a public name is dialled at the addresses that were checked", async () => {
  expect(await guard(to("93.184.216.34", "2606:4700::1"))({ host: "a.test", port: 443 })).toEqual({ addresses: ["93.184.216.34", "2606:4700::1"], port: 443 });
});

test.each([
  [["127.0.0.1"]], [["10.0.0.1"]], [["169.254.169.254"]], [["::ffff:10.0.0.1"]], [["93.184.216.34", "10.0.0.1"]], [["93.184.216.99"]], [["not an address"]],
  [["::ffff:93.184.216.99"]], [["::ffff:5db8:d863"]], [["64:ff9b::5db8:d863"]],
])("a name that resolves to %j is refused", async (addresses) => {
  expect(await guard(to(...addresses))({ host: "a.test", port: 443 })).toEqual({ refused: "address-forbidden" });
});

test("a private literal is refused without asking a resolver", async () => {
  let isAsked = false;
  const resolve = async (): Promise<readonly string[]> => {
    isAsked = true;
    return ["93.184.216.34"];
  };
  expect(await guard({ resolve })({ host: "10.0.0.1", port: 443 })).toEqual({ refused: "address-forbidden" });
  expect(await guard({ resolve })({ host: "::1", port: 443 })).toEqual({ refused: "address-forbidden" });
  expect(isAsked).toBe(false);
});

test("a name without addresses is not found", async () => {
  expect(await guard({ resolve: () => Promise.reject(new Error("ENOTFOUND")) })({ host: "a.test", port: 443 })).toEqual({ refused: "name-not-found" });
  expect(await guard(to())({ host: "a.test", port: 443 })).toEqual({ refused: "name-not-found" });
});

test("an allowance lets one host to one port in one range, and nothing beside it", async () => {
  const check = guard({ ...to("10.1.2.3"), allowPrivate: [{ host: "Lan.test", port: 8443, cidr: "10.1.0.0/16" }] });
  expect(await check({ host: "lan.test", port: 8443 })).toEqual({ addresses: ["10.1.2.3"], port: 8443 });
  expect(await check({ host: "lan.test", port: 443 })).toEqual({ refused: "address-forbidden" });
  expect(await check({ host: "other.test", port: 8443 })).toEqual({ refused: "address-forbidden" });
  expect(await guard({ ...to("10.2.2.3"), allowPrivate: [{ host: "lan.test", port: 8443, cidr: "10.1.0.0/16" }] })({ host: "lan.test", port: 8443 }))
    .toEqual({ refused: "address-forbidden" });
});

test("a fixed host is dialled exactly there", async () => {
  const check = guard({ hosts: { "A.test": "127.0.0.1:4443", "b.test": "10.0.0.5", "c.test": "[::1]:9", "d.test": "::1" } });
  expect(await check({ host: "a.test", port: 443 })).toEqual({ addresses: ["127.0.0.1"], port: 4443 });
  expect(await check({ host: "b.test", port: 443 })).toEqual({ addresses: ["10.0.0.5"], port: 443 });
  expect(await check({ host: "c.test", port: 443 })).toEqual({ addresses: ["::1"], port: 9 });
  expect(await check({ host: "d.test", port: 443 })).toEqual({ addresses: ["::1"], port: 443 });
});

test("this machine's addresses are those of the moment, and a fixed host is dialled without them on any port but the proxy's own", async () => {
  const own = ["127.0.0.1"];
  let asked = 0;
  const ownAddresses = (): readonly string[] => {
    asked += 1;
    return own;
  };
  const check = guard({ hosts: { "fixed.test": "127.0.0.1:4443" }, ownAddresses });
  expect(await check({ host: "fixed.test", port: 443 })).toEqual({ addresses: ["127.0.0.1"], port: 4443 });
  expect(asked).toBe(0);
  expect(await check({ host: "a.test", port: 443 })).toEqual({ addresses: ["93.184.216.34"], port: 443 });
  own.push("93.184.216.34");
  expect(await check({ host: "a.test", port: 443 })).toEqual({ refused: "address-forbidden" });
  expect(await check({ host: "a.test", port: 3128 })).toEqual({ refused: "own-listener" });
});

test.each(["127.0.0.1", "127.1.2.3", "0.0.0.0", "::1", "::ffff:127.0.0.1", "93.184.216.99", "::ffff:5db8:d863"])("the proxy's own port at %s is refused, even where the operator allowed the address", async (address) => {
  const allowPrivate = [{ host: "a.test", port: 3128, cidr: "0.0.0.0/0" }, { host: "a.test", port: 3128, cidr: "::/0" }];
  expect(await guard({ ...to(address), allowPrivate })({ host: "a.test", port: 3128 })).toEqual({ refused: "own-listener" });
  expect(await guard({ hosts: { "a.test": address } })({ host: "a.test", port: 3128 })).toEqual({ refused: "own-listener" });
});

test.each([[{ "a.test": "name.test" }], [{ "a.test": "" }], [{ "a b": "127.0.0.1" }], [{ "a.test": "127.0.0.1:0" }], [{ "a.test": "127.1" }]])("hosts %j are refused at the start", (hosts) => {
  expect(() => guard({ hosts })).toThrow(/^hosts: /);
});

test("an allowance that cannot be read is refused at the start", () => {
  expect(() => guard({ allowPrivate: [{ host: "a.test", port: 1, cidr: "10.0.0.0/40" }] })).toThrow("allowPrivate: a.test:1 in 10.0.0.0/40 must be a host, a port and a range like 10.0.0.0/8.");
});
