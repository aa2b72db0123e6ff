import { expect, test } from "vitest";
import { firstProcess } from "../enter.ts";
import { resourceNames } from "../names.ts";
import { composeText, renderCompose, withSecrets, type ComposeInput } from "./render.ts";

const labels = { "bottle.owned": "0123456789ab:demo-abc12", "bottle.identity": "demo-abc12", "bottle.home": "0123456789ab" };
const input: ComposeInput = {
  names: resourceNames({ label: "0123456789ab:demo-abc12" }),
  images: { agent: "sha256:aaaa", sidecars: "sha256:bbbb" },
  labels,
  env: { LOG_LEVEL: "debug" },
  secretNames: ["API_KEY"],
  architecture: "x64",
  limits: { memoryBytes: 536_870_912, pids: 512, cpus: 1.5 },
  hasWorkspace: true,
  mounts: [{ volume: "bottle-mount-0011223344556677", target: "/opt/bottle/claude" }],
  gatewayMode: "inhibit",
};
const hardened = {
  user: "1000:1000", init: true, read_only: true, restart: "no", stop_grace_period: "3s", pull_policy: "never",
  cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"], ulimits: { core: 0 },
  logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "2" } }, labels,
};
const proxies = ["HTTP", "HTTPS", "FTP", "ALL", "NO"].flatMap((name) => [`${name}_PROXY=`, `${name.toLowerCase()}_proxy=`]);
const ipv6Off = { "net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1" };
const project = "bottle-0123456789ab-demo-abc12";

test("the whole project is as written here: two hardened services, a closed network, nothing published", () => {
  expect(renderCompose(input)).toEqual({
    services: {
      agent: {
        ...hardened,
        image: "sha256:aaaa", container_name: `${project}-agent`, hostname: "bottle", init: false, healthcheck: { disable: true }, entrypoint: firstProcess("x64").map((word) => word.replaceAll("$", "$$$$")),
        mem_limit: 536_870_912, memswap_limit: 536_870_912, pids_limit: 512, cpus: 1.5,
        dns: ["127.0.0.1"], dns_search: ["."], dns_opt: ["timeout:1", "attempts:1"],
        networks: { inside: {} }, sysctls: ipv6Off,
        tmpfs: ["/tmp:exec,mode=1777", "/var/tmp:exec,mode=1777", "/run:mode=755,uid=1000,gid=1000"],
        environment: [...proxies, "LOG_LEVEL=debug", "API_KEY=${BOTTLE_SECRET_API_KEY}"],
        volumes: [
          { type: "volume", source: "home", target: "/home/node" },
          { type: "volume", source: "workspace", target: "/workspace" },
          { type: "volume", source: "shown", target: "/etc/bottle", read_only: true, volume: { nocopy: true } },
          { type: "volume", source: "mount-0", target: "/opt/bottle/claude", read_only: true, volume: { nocopy: true } },
        ],
      },
      sidecars: {
        ...hardened,
        image: "sha256:bbbb", container_name: `${project}-sidecars`, hostname: "sidecars", pids_limit: 256, stdin_open: true,
        networks: { inside: { aliases: ["egress", "git-gate", "supervise"] }, outside: {} },
        sysctls: { ...ipv6Off, "net.ipv4.ip_forward": "0" },
        tmpfs: ["/tmp:mode=1777"],
        environment: proxies,
        volumes: [{ type: "volume", source: "sidecars", target: "/var/lib/bottle" }, { type: "volume", source: "shown", target: "/shown" }],
      },
    },
    networks: {
      inside: {
        name: `${project}-inside`, driver: "bridge", internal: true, enable_ipv6: false,
        driver_opts: { "com.docker.network.bridge.inhibit_ipv4": "true" }, labels,
      },
      outside: { name: `${project}-outside`, driver: "bridge", enable_ipv6: false, labels },
    },
    volumes: {
      home: { name: `${project}-home`, labels },
      workspace: { name: `${project}-workspace`, labels },
      shown: { name: `${project}-shown`, labels },
      sidecars: { name: `${project}-sidecars`, labels },
      "mount-0": { name: "bottle-mount-0011223344556677", external: true },
    },
  });
});

test("without limits, workspace and mounts nothing of them is written", () => {
  const { agent } = renderCompose({ ...input, limits: {}, hasWorkspace: false, mounts: [] }).services;
  expect(Object.keys(agent)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(mem|memswap|pids)_limit|cpus|runtime$/)]));
  expect(agent.volumes.map(({ target }) => target)).toEqual(["/home/node", "/etc/bottle"]);
});

test("an engine that has it isolates the gateway, which leaves the bridge no address either", () => {
  expect(renderCompose({ ...input, gatewayMode: "isolated" }).networks["inside"]?.driver_opts).toEqual({ "com.docker.network.bridge.gateway_mode_ipv4": "isolated" });
});

test("a runtime is the agent's alone", () => {
  const { services } = renderCompose({ ...input, runtime: "runsc" });
  expect([services.agent.runtime, services.sidecars.runtime]).toEqual(["runsc", undefined]);
});

test("a dollar in a value or a target stays a dollar", () => {
  const { agent } = renderCompose({
    ...input, env: { PROMPT: "$HOME ${PATH} $$" }, mounts: [{ volume: "v", target: "/opt/$x" }],
  }).services;
  expect(agent.environment).toContain("PROMPT=$$HOME $${PATH} $$$$");
  expect(agent.volumes.at(-1)?.target).toBe("/opt/$$x");
});

test("a variable that is secret is never written, even if a plain one has its name", () => {
  const { agent } = renderCompose({ ...input, env: { API_KEY: "sk-plain", LOG_LEVEL: "debug" } }).services;
  expect(agent.environment).toEqual([...proxies, "LOG_LEVEL=debug", "API_KEY=${BOTTLE_SECRET_API_KEY}"]);
});

test("the text is JSON and ends with a newline", () => {
  const file = renderCompose(input);
  expect(composeText(file)).toBe(`${JSON.stringify(file, null, 2)}\n`);
});

test("docker's own proxy settings are set empty, unless the agent is given others", () => {
  const { services } = renderCompose({ ...input, env: { ALL_PROXY: "http://egress:8080" }, secretNames: ["HTTP_PROXY"] });
  expect(services.agent.environment).toEqual([...proxies.filter((line) => line !== "HTTP_PROXY=").map((line) => (line === "ALL_PROXY=" ? "ALL_PROXY=http://egress:8080" : line)), "HTTP_PROXY=${BOTTLE_SECRET_HTTP_PROXY}"]);
});

test("a gate's repositories are in a volume that the sidecars alone have", () => {
  const plain = renderCompose(input);
  const { services, volumes } = renderCompose({ ...input, hasGate: true });
  const { sidecars } = plain.services;
  expect(services).toEqual({ ...plain.services, sidecars: { ...sidecars, pids_limit: 1024, volumes: [...sidecars.volumes, { type: "volume", source: "gate", target: "/var/lib/gate" }] } });
  expect(volumes).toEqual({ ...plain.volumes, gate: { name: `${project}-gate`, labels } });
});

test("a pipelock is a third service, as hardened as the sidecars, on the outside network and one that it shares with them alone", () => {
  const plain = renderCompose(input);
  const file = renderCompose({ ...input, images: { ...input.images, pipelock: "sha256:cccc" } });
  const { agent, sidecars, pipelock } = file.services;
  const shared = { type: "volume", source: "pipelock", target: "/pipelock", volume: { nocopy: true } };
  expect(agent).toEqual(plain.services.agent);
  expect(sidecars).toEqual({ ...plain.services.sidecars, networks: { ...plain.services.sidecars.networks, hop: {} }, volumes: [...plain.services.sidecars.volumes, shared] });
  expect(pipelock).toEqual({
    ...hardened,
    image: "sha256:cccc", container_name: `${project}-pipelock`, hostname: "pipelock", pids_limit: 256,
    networks: { hop: { aliases: ["pipelock-hop"] }, outside: {} },
    sysctls: { ...ipv6Off, "net.ipv4.ip_forward": "0" }, tmpfs: ["/tmp:mode=1777"], environment: proxies, volumes: [{ ...shared, read_only: true }],
  });
  expect(file.networks).toEqual({ ...plain.networks, hop: { ...plain.networks["inside"], name: `${project}-hop` } });
  expect(file.volumes).toEqual({
    ...plain.volumes,
    pipelock: { name: `${project}-pipelock`, labels, driver: "local", driver_opts: { type: "tmpfs", device: "tmpfs", o: "size=16m,mode=0700,uid=1000,gid=1000,nodev,nosuid,noexec" } },
  });
  expect(withSecrets(file, { API_KEY: "value" }).services.pipelock).toEqual(pipelock);
});
