import { expect, test } from "vitest";
import { createScanner } from "./scanner.ts";

const secret = "kV7pQ2xZ9mB4wT6r";
const [first, second] = [secret.slice(0, 8), secret.slice(8)];
const start = (): ReturnType<typeof createScanner> => createScanner({ known: [{ name: "TOKEN", value: secret }], patterns: [] });

test("headers that are known again are as those that are not, also once what was clean is forgotten", () => {
  const [again, anew] = [start(), start()];
  const memories = [again.memory(), anew.memory()] as const;
  const headers = Object.freeze(["X-One", second]);
  const send = (target: string): readonly string[] => {
    const found = [again.request({ host: "a.test", target, headers }, memories[0]), anew.request({ host: "a.test", target, headers: [...headers] }, memories[1])] as const;
    expect(found[0]).toEqual(found[1]);
    return found[0].map(({ rule }) => rule);
  };
  for (const target of ["/", "/a", "/b"]) expect(send(target)).toEqual([]);
  // The second half is no news any more, until it is forgotten.
  let n = 0;
  while (n < 3000 && send(`/${n}/${first}`).length === 0) n += 1;
  expect(n).toBeGreaterThan(1000);
  expect(n).toBeLessThan(3000);
});

test("headers that could still change are looked at each time", () => {
  const scanner = start();
  const headers = ["X-One", "a"];
  const send = (): readonly string[] => scanner.request({ host: "a.test", target: "/", headers }).map(({ rule }) => rule);
  expect([send(), send(), send()]).toEqual([[], [], []]);
  headers[1] = secret;
  expect(send()).toEqual(["TOKEN"]);
});

test("headers in which something was found are never passed over", () => {
  const scanner = start();
  const headers = Object.freeze(["X-One", secret, "X-Two", "a"]);
  for (let round = 0; round < 4; round += 1) expect(scanner.request({ host: "a.test", target: "/", headers }).map(({ rule }) => rule)).toEqual(["TOKEN"]);
});
