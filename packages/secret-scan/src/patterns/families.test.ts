import { expect, test } from "vitest";
import { packs } from "../packs/index.ts";
import { patterns } from "./index.ts";

const ids = new Set(patterns.map(({ id }) => id));

// pipelock 2.3.0's 48 and the one of its core, in its order.
const pipelock = [
  "anthropic-key", "openai-project-key", "openai-key", "fireworks-key", "google-api-key", "huggingface-token", "databricks-token", "replicate-token",
  "together-key", "pinecone-key", "groq-key", "xai-key",
  "google-client-secret", "google-access-token", "google-client-id", "stripe-key", "stripe-webhook-secret", "github-token", "github-fine-grained-token",
  "gitlab-token", "aws-access-key-id", "aws-secret-access-key",
  "slack-token", "slack-app-token", "discord-bot-token", "twilio-key", "sendgrid-key", "mailgun-key", "newrelic-key", "digitalocean-token", "vault-token",
  "vercel-token", "supabase-token", "npm-token", "pypi-token",
  "linear-key", "notion-token", "sentry-token", "private-key", "json-web-token", "bitcoin-wif", "extended-private-key", "ethereum-private-key",
  "assigned-secret", "environment-secret",
  "google-service-account",
];

const absentThere = [
  "database-url", "sql-connection-string", "url-password", "basic-authorization", "azure-storage-key", "azure-shared-access-key", "azure-sas",
  "azure-client-secret", "cloudflare-token", "cloudflare-legacy-token",
  "cloudflare-origin-ca-key", "telegram-bot-token", "atlassian-token", "google-refresh-token", "github-installation-token", "aws-session-token",
  "slack-webhook", "crates-token", "rubygems-key", "nuget-key", "docker-hub-token",
];

test("every family of pipelock's defaults is here, its three of people and accounts in the pack", () => {
  expect(pipelock.filter((id) => !ids.has(id))).toEqual([]);
  expect(new Set(pipelock).size + 3).toBe(49);
  expect(packs.pii.find("536-90-4399 4111111111111111 GB82WEST12345698765432", "body")).toHaveLength(3);
});

test("so is what its defaults do not know", () => {
  expect(absentThere.filter((id) => !ids.has(id))).toEqual([]);
});
