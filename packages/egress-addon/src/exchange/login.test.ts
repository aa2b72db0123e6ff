import { expect, test } from "vitest";
import { createLogin } from "./login.ts";

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
const login = createLogin({ username: "user", password: "pa:ss" });

test("exactly the credential passes", () => {
  expect(login(["Proxy-Authorization", basic("user:pa:ss")])).toBe(true);
  expect(login(["proxy-authorization", basic("user:pa:ss").replace("Basic", "BASIC")])).toBe(true);
});

test.each([
  [[]], [["Proxy-Authorization", basic("user:pa:s")]], [["Proxy-Authorization", basic("user:pa:sss")]], [["Proxy-Authorization", ""]], [["Proxy-Authorization", "Basic "]],
  [["Proxy-Authorization", basic("user:pa:ss").replace("Basic", "Bearer")]], [["Authorization", basic("user:pa:ss")]],
  [["Proxy-Authorization", basic("user:pa:ss"), "Proxy-Authorization", basic("user:pa:ss")]], [["Proxy-Authorization", "Basic ???"]],
])("%j is refused", (headers) => {
  expect(login(headers)).toBe(false);
});

test("with no credential set, everyone passes", () => {
  expect(createLogin(undefined)([])).toBe(true);
});
