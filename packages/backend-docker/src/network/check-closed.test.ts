import { expect, test } from "vitest";
import { gatewaysOf } from "./check-closed.ts";

const network = (Subnet: string, Gateway?: string, containers: readonly string[] = []): object => ({
  IPAM: { Config: [{ Subnet, ...(Gateway !== undefined && { Gateway }) }] },
  Containers: Object.fromEntries(containers.map((IPv4Address, index) => [String(index), { IPv4Address }])),
});

test("a network's gateway is probed, and where the engine tells none its first address", () => {
  expect(gatewaysOf([network("172.20.0.0/16", "172.20.0.9"), network("172.17.0.0/16"), network("10.1.2.64/26", "")])).toEqual(["172.20.0.9", "172.17.0.1", "10.1.2.65"]);
});

test("an address that a container has is not the host's: newer engines give an unused gateway's away", () => {
  expect(gatewaysOf([network("172.20.0.0/16", undefined, ["172.20.0.1/16"])])).toEqual([]);
});

test("networks without addresses or with IPv6 ones alone are passed over", () => {
  expect(gatewaysOf([network("fd00::/64", "fd00::1"), { IPAM: { Config: null }, Containers: null }])).toEqual([]);
});
