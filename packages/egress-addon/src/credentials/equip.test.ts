import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { RouteAuth } from "../policy/model.ts";
import { equip, type ToEquip } from "./equip.ts";
import type { Outgoing } from "./outgoing.ts";
import { compilePlaceholders } from "./placeholder/compile-placeholders.ts";

const text = "bottle-AbCdEfGhIjKlMnOpQrStUvWxYz012345";
const placeholders = compilePlaceholders({ T: text });
const value = "real-secret-value";
const given: ToEquip = { method: "POST", authority: "a.test", path: "/", query: "", headers: [], hasBody: true };
const ask = (auth: RouteAuth | undefined, request: Partial<ToEquip> = {}, with_ = value): Outgoing | string =>
  equip({ ...given, ...request }, { auth, value: with_, placeholders, now: new Date(0) });
const sent = (outgoing: Outgoing | string): Outgoing => {
  if (typeof outgoing === "string") throw new Error(outgoing);
  return outgoing;
};

test.each<[RouteAuth, string, string]>([
  [{ scheme: "bearer", tokenRef: "T" }, "line\nbreak", "credential-invalid"], [{ scheme: "placeholder", tokenRef: "T" }, "line\nbreak", "credential-invalid"],
  [{ scheme: "placeholder", tokenRef: "U" }, value, "credential-unavailable"], [{ scheme: "sigv4", tokenRef: "T" }, value, "credential-invalid"],
])("%j with the value %j is refused: %s", (auth, of, reason) => expect(ask(auth, {}, of)).toBe(reason));

test("a value that has a placeholder in it goes nowhere", () => {
  expect(ask({ scheme: "bearer", tokenRef: "T" }, {}, `x${text}`)).toBe("placeholder-misused");
});

test("every body that may come is guarded, announced or not, and one that comes in pieces too", async () => {
  const refused: string[] = [];
  const prepared = await sent(ask(undefined)).prepare?.(Readable.from([Buffer.from(text.slice(0, 9)), Buffer.from(text.slice(9))]), (reason) => void refused.push(reason));
  await expect(buffer(prepared?.body ?? Readable.from([]))).rejects.toThrow();
  expect(refused).toEqual(["placeholder-misused"]);
  expect(await sent(ask(undefined)).prepare?.(null, () => {})).toEqual({ headers: [], body: null });
  expect(sent(ask(undefined, { hasBody: false })).prepare).toBeUndefined();
});

test("a body that breaks off is not completed", async () => {
  const body = new Readable({ read: () => {} });
  const prepared = await sent(ask({ scheme: "placeholder", tokenRef: "T", in: ["body"] }, { headers: ["Content-Type", "text/plain"] })).prepare?.(body, () => {});
  const read = buffer(prepared?.body ?? Readable.from([]));
  body.push("some of it");
  setImmediate(() => body.destroy());
  await expect(read).rejects.toThrow("The client went away.");
});
