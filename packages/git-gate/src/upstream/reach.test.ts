import { beforeEach, expect, test, vi } from "vitest";
import { startGitGate } from "../start.ts";
import { createReach, targetOf } from "./reach.ts";

const dns = vi.hoisted(() => ({ addresses: [] as string[], asked: [] as string[] }));
vi.mock("@bottle/way-out", async (original) => ({
  ...await original<object>(),
  resolveName: async (host: string) => {
    dns.asked.push(host);
    return dns.addresses;
  },
}));
beforeEach(() => void dns.asked.splice(0));

const ssh = { upstream: "ssh://git@git.example.com/acme/app.git" };
const reasonOf = async (options: Parameters<typeof createReach>[0], { upstream }: { readonly upstream: string } = ssh, ownPorts: readonly number[] = []): Promise<unknown> =>
  createReach(options, () => ownPorts)({ upstream })(targetOf({ upstream })).then(() => "connected", (error: { readonly reason: string }) => error.reason);

test.each([["10.0.0.5"], ["127.0.0.1"], ["169.254.169.254"], ["fd00:ec2::254"], ["::ffff:169.254.169.254"], ["64:ff9b::a9fe:a9fe"], ["0.0.0.0"], ["fe80::1"]])(
  "a name that resolves to %s is refused, alone or beside a public address, and is asked for once", async (address) => {
    for (const addresses of [[address], ["93.184.216.34", address]]) {
      dns.addresses = addresses;
      expect(await reasonOf({})).toBe("address-forbidden");
    }
    expect(dns.asked).toEqual(["git.example.com", "git.example.com"]);
  });

test.each([["169.254.169.254", "169.254.0.0/16"], ["fd00:ec2::254", "fd00::/8"], ["::ffff:169.254.169.254", "::ffff:0:0/96"], ["168.63.129.16", "168.63.129.16/32"], ["100.100.100.200", "100.64.0.0/10"]])(
  "where a cloud tells credentials is no upstream, also if %s is allowed or fixed", async (address, cidr) => {
    dns.addresses = [address];
    expect(await reasonOf({ allowPrivate: [{ host: "git.example.com", port: 22, cidr }] })).toBe("address-forbidden");
    expect(await reasonOf({ hosts: { "git.example.com": address.includes(":") ? `[${address}]` : address } })).toBe("address-forbidden");
    const upstream = `ssh://git@${address.includes(":") ? `[${address}]` : address}/app.git`;
    expect(await reasonOf({}, { upstream })).toBe("address-forbidden");
    await expect(startGitGate({ listen: { host: "127.0.0.1", port: 0 }, directory: "/dev/null/nowhere", repositories: [{ name: "app", upstream }] })).rejects.toMatchObject({ code: "option-invalid", message: expect.stringContaining("credentials, and no git upstream") as string });
  });

test("an address that the operator wrote as upstream is allowed on that port alone, and nothing that the gate listens on", async () => {
  const upstream = "ssh://git@127.0.0.1:9418/app.git";
  expect(await reasonOf({}, { upstream }, [9418])).toBe("own-listener");
  expect(await reasonOf({ ownPorts: [9418] }, { upstream })).toBe("own-listener");
  const connect = createReach({}, () => [])({ upstream });
  await expect(connect({ host: "127.0.0.1", port: 9419 })).rejects.toMatchObject({ reason: "address-forbidden" });
});

test("behind a proxy a name that can only be private is refused, and one that goes directly is checked here", async () => {
  dns.addresses = ["10.0.0.5"];
  const via = { proxy: "http://192.0.2.1:3128", noProxy: ["example.com"] };
  expect(await reasonOf({ via }, { upstream: "ssh://git@git.internal/app.git" })).toBe("address-forbidden");
  expect(dns.asked).toEqual([]);
  expect(await reasonOf({ via })).toBe("address-forbidden");
  expect(dns.asked).toEqual(["git.example.com"]);
});

test.each([
  [{ hosts: { "git.example.com": "elsewhere" } }, "hosts: \"git.example.com: elsewhere\" must be a host name and an address"],
  [{ via: { proxy: "socks5://proxy:1080" } }, "via.proxy: \"socks5://proxy:1080\" must be http://host:port"],
  [{ allowPrivate: [{ host: "git.lan", port: 22, cidr: "10.0.0.0/99" }] }, "allowPrivate: git.lan:22 in 10.0.0.0/99 must be"],
])("options that cannot be read start nothing", (options, message) => {
  expect(() => createReach(options, () => [])).toThrow(expect.objectContaining({ code: "option-invalid", message: expect.stringContaining(message) as string }));
});
