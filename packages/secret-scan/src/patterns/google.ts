import type { SecretPattern } from "../pattern.ts";
import { randomAfter } from "./shape.ts";

/** Google's API keys, OAuth credentials and service accounts. */
export const googlePatterns: readonly SecretPattern[] = [
  {
    id: "google-api-key", title: "Google API key", severity: "high", literals: ["aiza"],
    regexp: /AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g, check: randomAfter(/^AIza/),
  },
  {
    id: "google-client-secret", title: "Google OAuth client secret", severity: "critical", literals: ["gocspx-"],
    regexp: /GOCSPX-[A-Za-z0-9_-]{28}/g, check: randomAfter(/^GOCSPX-/),
  },
  {
    id: "google-access-token", title: "Google OAuth access token", severity: "critical", literals: ["ya29."],
    regexp: /ya29\.[A-Za-z0-9_-]{20,1024}/g, check: randomAfter(/^ya29\./),
  },
  {
    id: "google-refresh-token", title: "Google OAuth refresh token", severity: "critical", literals: ["1//0"],
    regexp: /(?<![A-Za-z0-9])1\/\/0[A-Za-z0-9_-]{40,160}/g, check: randomAfter(/^1\/\/0/),
  },
  {
    id: "google-client-id", title: "Google OAuth client id", severity: "low", literals: [".apps.googleusercontent.com"],
    regexp: /(?<!\d)\d{6,20}-[0-9a-z]{32}\.apps\.googleusercontent\.com/g, check: randomAfter(/^\d{6,20}-/),
  },
  // The key itself is also a private-key; this says whose it is, and finds it where the PEM header was taken away.
  {
    id: "google-service-account", title: "Google Cloud service-account key file", severity: "critical", literals: ["service_account"],
    regexp: /\\?"type\\?"\s{0,8}:\s{0,8}\\?"service_account\\?"[\s\S]{0,600}/g,
    check: (match) => /"private_key\\?"\s{0,8}:\s{0,8}\\?"[^"]{20}/.test(match),
  },
];
