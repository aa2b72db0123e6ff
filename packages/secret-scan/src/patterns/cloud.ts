import type { SecretPattern } from "../pattern.ts";
import { randomAfter, randomHexAfter } from "./shape.ts";

/** Hosting, infrastructure and their observers. */
export const cloudPatterns: readonly SecretPattern[] = [
  // 40 characters and a checksum, of which the documents do not say how it is made.
  {
    id: "cloudflare-token", title: "Cloudflare API token or global key", severity: "critical", literals: ["cfut_", "cfat_", "cfk_"],
    regexp: /(?<![A-Za-z0-9])cf(?:ut|at|k)_[A-Za-z0-9_-]{40,60}/g, check: randomAfter(/^cf[a-z]{1,2}_/),
  },
  {
    id: "cloudflare-legacy-token", title: "Cloudflare API token or global key without a prefix, beside its name", severity: "high",
    literals: ["cloudflare", "cf_api_", "x-auth-key"],
    regexp: /(?:cloudflare[a-z_. -]{0,30}|cf_api_(?:token|key)|x-auth-key)["'\\]{0,3}[\s:=]{1,5}["'\\]{0,3}(?:[0-9a-f]{37}|[A-Za-z0-9_-]{40})(?![A-Za-z0-9_-])/gi,
    check: randomAfter(/^.{0,60}["'\\\s:=]/),
  },
  {
    id: "cloudflare-origin-ca-key", title: "Cloudflare origin CA key", severity: "critical", literals: ["v1.0-"],
    regexp: /v1\.0-[0-9a-f]{24}-[0-9a-f]{146}/g, check: randomHexAfter(/^v1\.0-/),
  },
  {
    id: "digitalocean-token", title: "DigitalOcean token", severity: "critical", literals: ["dop_v1_", "doo_v1_", "dor_v1_"],
    regexp: /do[opr]_v1_[0-9a-f]{64}/g, check: randomHexAfter(/^do[opr]_v1_/),
  },
  {
    id: "vault-token", title: "HashiCorp Vault token", severity: "critical", literals: ["hvs.", "hvb.", "hvr."],
    regexp: /(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{24,300}/g, check: randomAfter(/^hv[sbr]\./),
  },
  {
    id: "terraform-token", title: "HCP Terraform token", severity: "critical", literals: [".atlasv1."],
    regexp: /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}/g, check: randomAfter(/^.{24}/),
  },
  {
    id: "vercel-token", title: "Vercel token", severity: "critical", literals: ["vcp_", "vci_", "vca_", "vcr_", "vck_"],
    regexp: /(?<![A-Za-z0-9])vc[piark]_[A-Za-z0-9]{24,80}/g, check: randomAfter(/^vc[piark]_/),
  },
  {
    id: "supabase-token", title: "Supabase access token", severity: "critical", literals: ["sbp_"],
    regexp: /sbp_(?:v0_|oauth_)?[0-9a-f]{40}/g, check: randomHexAfter(/^sbp_(?:v0_|oauth_)?/),
  },
  {
    id: "supabase-secret-key", title: "Supabase secret key", severity: "critical", literals: ["sb_secret_"],
    regexp: /sb_secret_[A-Za-z0-9_-]{20,60}/g, check: randomAfter(/^sb_secret_/),
  },
  {
    id: "newrelic-key", title: "New Relic user, license or insert key", severity: "critical", literals: ["nrak-", "nrii-", "nral"],
    regexp: /NRAK-[A-Z0-9]{27}|NRII-[A-Za-z0-9_-]{32}|(?<![0-9a-z])[0-9a-f]{36}NRAL/g, check: randomAfter(/^NR(?:AK|II)-/),
  },
  {
    id: "grafana-token", title: "Grafana service-account or cloud token", severity: "critical", literals: ["glsa_", "glc_"],
    regexp: /glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|glc_eyJ[A-Za-z0-9+/]{40,400}/g, check: randomAfter(/^gl(?:sa|c)_/),
  },
  {
    id: "heroku-key", title: "Heroku API key", severity: "critical", literals: ["hrku-aa"],
    regexp: /HRKU-AA[A-Za-z0-9_-]{58}/g, check: randomAfter(/^HRKU-AA/),
  },
  {
    id: "netlify-token", title: "Netlify token", severity: "critical", literals: ["nfp_"],
    regexp: /(?<![A-Za-z0-9])nfp_[A-Za-z0-9]{36}(?![A-Za-z0-9])/g, check: randomAfter(/^nfp_/),
  },
  {
    id: "fly-token", title: "Fly.io token", severity: "critical", literals: ["fo1_", "fm1r_", "fm1a_", "fm2_"],
    regexp: /(?<![A-Za-z0-9])(?:fo1_[A-Za-z0-9_-]{43}|fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,2000})/g, check: randomAfter(/^f[om][12][ar]?_/),
  },
  {
    id: "pulumi-token", title: "Pulumi token", severity: "critical", literals: ["pul-"],
    regexp: /(?<![A-Za-z0-9])pul-[0-9a-f]{40}(?![0-9a-f])/g, check: randomHexAfter(/^pul-/),
  },
  {
    id: "doppler-token", title: "Doppler token", severity: "critical", literals: ["dp.pt.", "dp.st.", "dp.sa.", "dp.ct.", "dp.scim.", "dp.audit.", "dp.said."],
    regexp: /dp\.(?:pt|sa|ct|said|scim|audit|st(?:\.[a-z0-9_-]{2,35})?)\.[A-Za-z0-9]{40,44}/g, check: randomAfter(/^dp\.[a-z]{2,5}\./),
  },
  {
    id: "planetscale-token", title: "PlanetScale token or password", severity: "critical", literals: ["pscale_tkn_", "pscale_pw_", "pscale_oauth_"],
    regexp: /pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}/g, check: randomAfter(/^pscale_[a-z]{2,5}_/),
  },
  {
    id: "alibaba-access-key-id", title: "Alibaba Cloud access key id", severity: "high", literals: ["ltai"],
    regexp: /(?<![A-Za-z0-9])LTAI[A-Za-z0-9]{17,21}(?![A-Za-z0-9])/g, check: randomAfter(/^LTAI/),
  },
  {
    id: "onepassword-token", title: "1Password service-account token", severity: "critical", literals: ["ops_eyj"],
    regexp: /ops_eyJ[A-Za-z0-9+/]{200,1000}/g, check: randomAfter(/^ops_eyJ/),
  },
];
