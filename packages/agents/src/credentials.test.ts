import { expect, test } from "vitest";
import { agentRoutes, placeholderEnv } from "./credentials.ts";
import { agentKind, agentKinds } from "./kinds.ts";

test("claude with a subscription token may post messages with it, and nothing else", () => {
  expect(agentRoutes(agentKind("claude"), ["CLAUDE_CODE_OAUTH_TOKEN"])).toEqual([{
    host: "api.anthropic.com",
    methods: ["POST"],
    paths: ["/v1/messages", "/v1/messages/count_tokens"],
    auth: { scheme: "bearer", tokenRef: "CLAUDE_CODE_OAUTH_TOKEN" },
  }]);
});

test("of two credentials for one host only the first is used and shown", () => {
  const names = ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "PATH"];
  expect(placeholderEnv(agentKind("claude"), names)).toEqual({ CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-bottle-placeholder" });
});

test("credentials for different hosts are used together", () => {
  const names = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"];
  expect(agentRoutes(agentKind("opencode"), names).map(({ host }) => host)).toEqual(["api.anthropic.com", "api.openai.com"]);
  expect(Object.keys(placeholderEnv(agentKind("opencode"), names))).toEqual(["ANTHROPIC_API_KEY", "OPENAI_API_KEY"]);
});

test("without a credential there is no route and no placeholder", () => {
  for (const kind of agentKinds) {
    expect(agentRoutes(kind, ["HOME"])).toEqual([]);
    expect(placeholderEnv(kind, ["HOME"])).toEqual({});
  }
});

test("every route is narrowed by method and path, names its credential, and each credential has a placeholder", () => {
  for (const kind of agentKinds) {
    for (const host of kind.hosts) {
      expect(host.methods.length, host.host).toBeGreaterThan(0);
      expect(host.paths.length, host.host).toBeGreaterThan(0);
      for (const auth of host.auths) {
        expect(kind.credentials.map(({ envName }) => envName)).toContain(auth.tokenRef);
        expect(auth.name !== undefined).toBe(auth.scheme === "header" || auth.scheme === "query");
      }
    }
  }
});
