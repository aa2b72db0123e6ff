import { expect, test } from "vitest";
import type { Availability, Backend } from "./backend.ts";
import { selectBackend } from "./registry.ts";

const backend = (name: Backend["name"], availability: Availability): (() => Promise<Backend>) => async () => ({
  name, isolation: name === "docker" ? "container" : "namespaces", availability: async () => availability, trial: async () => availability,
  prepare: () => Promise.reject(new Error("not asked")),
  connect: () => Promise.reject(new Error("not asked")),
  control: () => Promise.reject(new Error("not asked")),
  refresh: async () => undefined, leftovers: async () => 0, identities: async () => [], sweep: async () => [],
});
const here: Availability = { available: true, version: "1", caveats: [] };
const absent: Availability = { available: false, reason: "It is not installed.", mend: "Install it." };

test("auto takes the first that can run", async () => {
  const registry = { bubblewrap: backend("bubblewrap", absent), docker: backend("docker", here) };
  expect((await selectBackend({ registry, manifest: "auto" })).name).toBe("docker");
});

test("auto passes over a backend that is weaker than the bottle asks for, and does not even look whether it could run", async () => {
  const weak = async (): Promise<Backend> => ({ ...await backend("bubblewrap", here)(), availability: () => Promise.reject(new Error("not asked")) });
  const registry = { bubblewrap: weak, docker: backend("docker", here) };
  expect((await selectBackend({ registry, manifest: "auto", minIsolation: "container" })).name).toBe("docker");
  const both = { bubblewrap: backend("bubblewrap", here), docker: backend("docker", here) };
  expect((await selectBackend({ registry: both, manifest: "auto", minIsolation: "namespaces" })).name).toBe("bubblewrap");
});

test("with none that is strong enough and can run, auto says of each why, and never falls back to a weaker one", async () => {
  const registry = { bubblewrap: backend("bubblewrap", here), docker: backend("docker", absent) };
  await expect(selectBackend({ registry, manifest: "auto", minIsolation: "container" })).rejects.toMatchObject({
    code: "backend-unavailable", mend: "Install it.",
    message: "No backend can run here with min_isolation: container. bubblewrap: It gives namespaces, which is too weak. docker: It is not installed.",
  });
  await expect(selectBackend({ registry, manifest: "auto", minIsolation: "microvm" })).rejects.toMatchObject({
    code: "isolation-too-weak", mend: "Lower min_isolation in the bottle's file, if less will do.",
    message: "No backend can run here with min_isolation: microvm. bubblewrap: It gives namespaces, which is too weak. docker: It gives container, which is too weak.",
  });
});

test("a named backend is taken as it is; its prepare refuses what it is too weak for", async () => {
  const registry = { bubblewrap: backend("bubblewrap", here), docker: backend("docker", here) };
  expect((await selectBackend({ registry, flag: "bubblewrap", manifest: "auto", minIsolation: "container" })).name).toBe("bubblewrap");
});

test("the flag goes before BOTTLE_BACKEND, and that before the manifest", async () => {
  const registry = { bubblewrap: backend("bubblewrap", here), docker: backend("docker", here) };
  expect((await selectBackend({ registry, flag: "docker", variable: "bubblewrap", manifest: "auto" })).name).toBe("docker");
  expect((await selectBackend({ registry, variable: "docker", manifest: "bubblewrap" })).name).toBe("docker");
  expect((await selectBackend({ registry, variable: "", manifest: "bubblewrap" })).name).toBe("bubblewrap");
});

test("with none that can run, each reason is told, with a mend", async () => {
  const registry = { bubblewrap: backend("bubblewrap", absent) };
  await expect(selectBackend({ registry, manifest: "auto" })).rejects.toMatchObject({
    code: "backend-unavailable", message: "No backend can run here. bubblewrap: It is not installed.", mend: "Install it.",
  });
});

test.each(["docker", "constructor", "__proto__"])("an unknown name (%s) is refused, never replaced by another backend", async (flag) => {
  await expect(selectBackend({ registry: { bubblewrap: backend("bubblewrap", here) }, flag, manifest: "auto" })).rejects.toMatchObject({
    code: "backend-unknown", mend: "Use one of: auto, bubblewrap.",
  });
});
