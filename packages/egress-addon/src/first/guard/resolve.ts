import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { PrivateAllowance } from "../model.ts";
import { isInCidr, isSpecialAddress } from "./addresses.ts";

/** Where to dial: checked, and dialled as it is. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

/** A destination that must not be dialled. */
export class RefusedAddress extends Error {
  override readonly name = "RefusedAddress";
}

/** Finds addresses once per connection and lets through only what may be dialled. */
export interface Resolver {
  /** @throws RefusedAddress, or the resolver's own error */
  resolve(host: string, port: number): Promise<readonly Target[]>;
}

/** Makes a resolver: fixed hosts first (the owner wrote them, so they are not judged), then DNS, every answer judged. */
export function createResolver(options: {
  readonly hosts: Readonly<Record<string, string>>;
  readonly allowPrivate: readonly PrivateAllowance[];
}): Resolver {
  const fixed = new Map(Object.entries(options.hosts));
  const isAllowed = (host: string, port: number, address: string): boolean => !isSpecialAddress(address)
    || options.allowPrivate.some((entry) => entry.host === host && entry.port === port && isInCidr(address, entry.cidr));
  return {
    async resolve(host, port) {
      const override = fixed.get(host);
      if (override !== undefined) return [parseFixed(override, port)];
      const addresses = isIP(host) === 0 ? (await lookup(host, { all: true, order: "verbatim" })).map(({ address }) => address) : [host];
      // One bad answer among good ones is how rebinding starts: refuse them all.
      if (addresses.length === 0 || !addresses.every((address) => isAllowed(host, port, address))) {
        throw new RefusedAddress(`${host} has an address that must not be reached from a bottle`);
      }
      return addresses.map((address) => ({ address, port }));
    },
  };
}

function parseFixed(text: string, port: number): Target {
  const [, bracketed, plain, own] = /^(?:\[([^\]]+)\]|([^:]+))(?::([0-9]+))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? (isIP(text) ? text : undefined);
  if (address === undefined || isIP(address) === 0) throw new RefusedAddress(`the fixed address ${text} is not one`);
  return { address, port: own === undefined ? port : Number(own) };
}
