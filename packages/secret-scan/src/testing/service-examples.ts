import { crc32Base62 } from "../patterns/checksum.ts";
import { token, written, type Example } from "./example.ts";
import { alphanumeric, base64, digits, hex, lower, upper, urlSafe } from "./seeded.ts";

const base32 = `${upper}234567`;
const uuid = (random: { text(alphabet: string, length: number): string }): string =>
  `${random.text(hex, 8)}-${random.text(hex, 4)}-4${random.text(hex, 3)}-a${random.text(hex, 3)}-${random.text(hex, 12)}`;

/** For the patterns of services, by id. */
export const serviceExamples: Readonly<Record<string, Example>> = {
  "anthropic-key": token(["sk", "ant", "api03", ""].join("-"), urlSafe, 95, 32),
  "openai-project-key": token(["sk", "proj", ""].join("-"), urlSafe, 120, 40),
  "openai-key": written((r) => `sk-${r.text(alphanumeric, 20)}T3Blbk${"FJ"}${r.text(alphanumeric, 20)}`, (r) => `sk-${r.text(alphanumeric, 48)}`, (r) => `sk-${r.text(alphanumeric, 20)}T3Blbk${"FJ"}${r.text(alphanumeric, 19)}`),
  "openrouter-key": token(["sk", "or", "v1", ""].join("-"), hex, 64),
  "fireworks-key": token("fw_", alphanumeric, 24, 22),
  "huggingface-token": token("hf_", alphanumeric, 34, 30),
  "databricks-token": token("dapi", hex, 32),
  "replicate-token": token("r8_", alphanumeric, 37),
  "together-key": token("tgp_v1_", urlSafe, 43, 40),
  "together-legacy-key": written((r) => `TOGETHER_API_KEY=${r.text(hex, 64)}`, (r) => `TOGETHER_API_KEY=${r.text(hex, 63)}`, (r) => `DIGEST=${r.text(hex, 64)}`),
  "pinecone-key": written((r) => `pcsk_${r.text(alphanumeric, 6)}_${r.text(alphanumeric, 63)}`, (r) => `pcsk_${r.text(alphanumeric, 6)}${r.text(alphanumeric, 63)}`, () => `pcsk_${"0".repeat(6)}_${"0".repeat(63)}`),
  "groq-key": token("gsk_", alphanumeric, 52, 48),
  "xai-key": token("xai-", alphanumeric, 80, 64),
  "perplexity-key": token("pplx-", alphanumeric, 48, 40),
  "nvidia-key": token("nvapi-", urlSafe, 64, 60),

  "google-api-key": token("AIza", urlSafe, 35),
  "google-client-secret": token("GOCSPX-", urlSafe, 28),
  "google-access-token": token("ya29.", urlSafe, 140, 20),
  "google-refresh-token": token("1//0", urlSafe, 99, 40),
  "google-client-id": written((r) => `1${r.text(digits, 11)}-${r.text(`${lower}${digits}`, 32)}.apps.googleusercontent.com`,
    (r) => `1${r.text(digits, 11)}-${r.text(lower, 31)}.apps.googleusercontent.com`, (r) => `1${r.text(digits, 11)}-${r.text(lower, 32)}.apps.example.com`),
  "google-service-account": written((r) => JSON.stringify({ type: "service_account", project_id: "p", private_key_id: r.text(hex, 40), private_key: r.text(base64, 200) }, undefined, 2),
    () => JSON.stringify({ type: "service_account", project_id: "p" }), (r) => JSON.stringify({ type: "authorized_user", private_key: r.text(base64, 200) })),

  "stripe-key": token(["sk", "live", ""].join("_"), alphanumeric, 99, 16),
  "stripe-webhook-secret": token("whsec_", base64, 32),
  "square-token": token("sq0atp-", urlSafe, 22),
  "braintree-token": written((r) => `access_token$production$${r.text(`${lower}${digits}`, 16)}$${r.text(hex, 32)}`, (r) => `access_token$production$${r.text(lower, 16)}$${r.text(hex, 31)}`, (r) => `access_token$staging$${r.text(lower, 16)}$${r.text(hex, 32)}`),
  "shopify-token": token("shpat_", hex, 32),

  "github-token": written((r) => ghToken(r.text(alphanumeric, 30)), (r) => ghToken(r.text(alphanumeric, 30)).replace(/.$/, (last) => last === "a" ? "b" : "a"),
    (r) => `ghp_${r.text(alphanumeric, 35)}`, () => `ghp_${"x".repeat(36)}`, () => `ghp_${"x".repeat(60)}`),
  "github-installation-token": written((r) => `ghs_123456_eyJ${r.text(urlSafe, 33)}.${r.text(urlSafe, 200)}.${r.text(urlSafe, 200)}`, (r) => `ghs_123456_eyJ${r.text(alphanumeric, 33)}`, (r) => `ghs_123456_${r.text(alphanumeric, 33)}`),
  "github-fine-grained-token": written((r) => `github_pat_${r.text(alphanumeric, 22)}_${r.text(alphanumeric, 59)}`, (r) => `github_pat_${r.text(alphanumeric, 22)}_${r.text(alphanumeric, 58)}`, (r) => `github_pat_${r.text(alphanumeric, 82)}`),
  "gitlab-token": token("glpat-", urlSafe, 20),
  "gitlab-runner-registration": token("GR1348941", urlSafe, 20),
  "atlassian-token": token("ATATT3", urlSafe, 186, 60),
  "bitbucket-app-password": token("ATBB", alphanumeric, 32),

  "aws-access-key-id": written((r) => `AKIA${r.text(base32, 16)}`, () => `AKIA${"IOSFODNN7"}EXAMPLE`, (r) => `AKIA${r.text(base32, 15)}`, (r) => `AKIA${r.text(base32, 20)}`,
    (r) => `?X-Amz-Credential=AKIA${r.text(base32, 16)}%2F20260101`),
  "aws-secret-access-key": written((r) => `aws_secret_access_key = ${r.text(base64, 40)}`, (r) => `aws_secret_access_key = ${r.text(base64, 39)}`, (r) => `sha1 = ${r.text(base64, 40)}`, () => `aws_secret_access_key = ${"wJalrXUtnFEMI/K7MDENG/bPxRfiCY"}EXAMPLEKEY`),
  "aws-session-token": written((r) => `IQoJb3JpZ2luX2Vj${r.text(base64, 300)}`, (r) => `IQoJb3JpZ2lu${r.text(base64, 79)}`, (r) => `X-Amz-Security-Token=IQoJb3JpZ2lu${r.text(base64, 300)}`),
  "aws-bedrock-key": token("ABSK", alphanumeric, 128, 100),

  "azure-storage-key": written((r) => `AccountName=a;AccountKey=${r.text(base64, 86)}==;`, (r) => `AccountKey=${r.text(base64, 85)}==`, (r) => `AccountHash=${r.text(base64, 86)}==`),
  "azure-shared-access-key": written((r) => `SharedAccessKeyName=root;SharedAccessKey=${r.text(base64, 43)}=`, (r) => `SharedAccessKey=${r.text(base64, 42)}=`, (r) => `SharedHash=${r.text(base64, 43)}=`),
  "azure-sas": written((r) => `https://a.blob.core.windows.net/c?sv=2024-11-04&ss=b&srt=co&sp=rwl&se=2027-01-01&sig=${encodeURIComponent(`${r.text(base64, 43)}=`)}`,
    (r) => `?sp=r&sr=b&sv=2024-11-04&se=2027-01-01&sig=${encodeURIComponent(`${r.text(base64, 43)}=`)}`, () => "?sv=2024-11-04&sp=rwl&se=2027-01-01&sig=none", (r) => `?q=1&sig=${r.text(alphanumeric, 43)}%3D&lang=de-de`),
  "azure-client-secret": written((r) => `${r.text(alphanumeric, 3)}8Q~${r.text(alphanumeric, 34)}`, (r) => `${r.text(alphanumeric, 3)}8Q~${r.text(alphanumeric, 30)}`, (r) => `${r.text(alphanumeric, 3)}8Q-${r.text(alphanumeric, 34)}`),
  "azure-devops-token": written((r) => `${r.text(alphanumeric, 76)}AZDO${r.text(alphanumeric, 4)}`, (r) => `${r.text(alphanumeric, 75)}AZDO${r.text(alphanumeric, 4)}`, (r) => r.text(alphanumeric, 84)),

  "cloudflare-token": token("cfut_", alphanumeric, 48, 40),
  "cloudflare-legacy-token": written((r) => `CLOUDFLARE_API_TOKEN="${r.text(urlSafe, 40)}"`, (r) => `CLOUDFLARE_API_TOKEN="${r.text(alphanumeric, 41)}"`, (r) => `SOME_API_TOKEN="${r.text(alphanumeric, 40)}"`),
  "cloudflare-origin-ca-key": written((r) => `v1.0-${r.text(hex, 24)}-${r.text(hex, 146)}`, (r) => `v1.0-${r.text(hex, 24)}-${r.text(hex, 145)}`, (r) => `v1.0-${r.text(hex, 40)}`),
  "digitalocean-token": token("dop_v1_", hex, 64),
  "vault-token": token("hvs.", urlSafe, 95, 24),
  "terraform-token": written((r) => `${r.text(alphanumeric, 14)}.atlasv1.${r.text(urlSafe, 67)}`, (r) => `${r.text(alphanumeric, 14)}.atlasv1.${r.text(urlSafe, 59)}`, (r) => `${r.text(alphanumeric, 14)}.atlasv2.${r.text(urlSafe, 67)}`),
  "vercel-token": token("vcp_", alphanumeric, 56, 24),
  "supabase-token": token("sbp_", hex, 40),
  "supabase-secret-key": token("sb_secret_", urlSafe, 31, 20),
  "newrelic-key": token("NRAK-", `${upper}${digits}`, 27),
  "grafana-token": written((r) => `glsa_${r.text(alphanumeric, 32)}_${r.text(hex, 8)}`, (r) => `glsa_${r.text(alphanumeric, 32)}${r.text(hex, 8)}`, (r) => `glsb_${r.text(alphanumeric, 32)}_${r.text(hex, 8)}`),
  "heroku-key": token("HRKU-AA", urlSafe, 58),
  "netlify-token": token("nfp_", alphanumeric, 36),
  "fly-token": token("fo1_", urlSafe, 43),
  "pulumi-token": token("pul-", hex, 40),
  "doppler-token": token("dp.pt.", alphanumeric, 43, 40),
  "planetscale-token": token("pscale_tkn_", alphanumeric, 43, 32),
  "alibaba-access-key-id": token("LTAI", alphanumeric, 20, 17),
  "onepassword-token": token("ops_eyJ", base64, 300, 200),

  "slack-token": written((r) => `${"xox"}b-${r.text(digits, 12)}-${r.text(digits, 13)}-${r.text(alphanumeric, 24)}`, () => `${"xox"}b-your-token`, (r) => `${"xox"}y-${r.text(digits, 12)}-${r.text(alphanumeric, 24)}`, () => `${"xox"}b-${"x".repeat(50)}`),
  "slack-app-token": written((r) => `xapp-1-A${r.text(`${upper}${digits}`, 10)}-${r.text(digits, 13)}-${r.text(hex, 64)}`, (r) => `xapp-1-A${r.text(upper, 10)}-${r.text(digits, 13)}-${r.text(hex, 39)}`, (r) => `xapp-${r.text(hex, 64)}`),
  "slack-webhook": written((r) => `https://hooks.slack.com/services/T${r.text(upper, 8)}/B${r.text(upper, 8)}/${r.text(alphanumeric, 24)}`, () => "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX", () => "https://hooks.slack.com/services/"),
  "discord-bot-token": written((r) => `${Buffer.from(`4${r.text(digits, 17)}`).toString("base64url")}.${r.text(urlSafe, 6)}.${r.text(urlSafe, 37)}A`,
    (r) => `M${r.text(alphanumeric, 23)}.${r.text(alphanumeric, 6)}.${r.text(alphanumeric, 38)}`, (r) => `${Buffer.from(`4${r.text(digits, 17)}`).toString("base64url")}.${r.text(alphanumeric, 5)}.${r.text(alphanumeric, 38)}`),
  "discord-webhook": written((r) => `https://discord.com/api/webhooks/1${r.text(digits, 17)}/${r.text(urlSafe, 68)}`, (r) => `https://discord.com/api/webhooks/1${r.text(digits, 17)}`, (r) => `https://discord.com/api/channels/1${r.text(digits, 17)}/${r.text(urlSafe, 68)}`),
  "telegram-bot-token": written((r) => `1${r.text(digits, 9)}:AA${r.text(urlSafe, 32)}a`, (r) => `1${r.text(digits, 9)}:AA${r.text(alphanumeric, 31)}`, (r) => `1${r.text(digits, 6)}:AA${r.text(alphanumeric, 33)}`, (r) => `1${r.text(digits, 9)}:BB${r.text(alphanumeric, 33)}`),
  "twilio-key": token("SK", hex, 32),
  "sendgrid-key": written((r) => `SG.${r.text(urlSafe, 22)}.${r.text(urlSafe, 43)}`, (r) => `SG.${r.text(alphanumeric, 22)}.${r.text(alphanumeric, 42)}`, (r) => `MSG.${r.text(alphanumeric, 22)}.${r.text(alphanumeric, 43)}`),
  "mailgun-key": token("key-", hex, 32),
  "mailchimp-key": written((r) => `${r.text(hex, 32)}-us21`, (r) => `${r.text(hex, 31)}-us21`, (r) => `${r.text(hex, 32)}-usa`),
  "brevo-key": written((r) => `xkeysib-${r.text(hex, 64)}-${r.text(alphanumeric, 16)}`, (r) => `xkeysib-${r.text(hex, 64)}`, (r) => `xkeysab-${r.text(hex, 64)}-${r.text(alphanumeric, 16)}`),

  "npm-token": written((r) => crc("npm_", r.text(alphanumeric, 30)), (r) => `npm_${r.text(alphanumeric, 36)}`, () => `npm_${"x".repeat(36)}`, (r) => crc("npx_", r.text(alphanumeric, 30))),
  "pypi-token": token("pypi-AgEIcHlwaS5vcmc", urlSafe, 130, 50),
  "crates-token": token("cio", alphanumeric, 32),
  "rubygems-key": token("rubygems_", hex, 48),
  "nuget-key": token("oy2", `${lower}${digits}`, 43),
  "docker-hub-token": token("dckr_pat_", urlSafe, 27),
  "artifactory-key": token("AKCp", alphanumeric, 69, 68),
  "clojars-token": token("CLOJARS_", `${lower}${digits}`, 60),

  "linear-key": token("lin_api_", alphanumeric, 40),
  "notion-token": token("secret_", alphanumeric, 43),
  "sentry-token": token("sntryu_", hex, 64),
  "postman-key": written((r) => `PMAK-${r.text(hex, 24)}-${r.text(hex, 34)}`, (r) => `PMAK-${r.text(hex, 24)}-${r.text(hex, 33)}`, (r) => `PMAC-${r.text(hex, 24)}-${r.text(hex, 34)}`),
  "figma-token": token("figd_", urlSafe, 40, 38),
  "airtable-token": written((r) => `pat${r.text(alphanumeric, 14)}.${r.text(hex, 64)}`, (r) => `pat${r.text(alphanumeric, 13)}.${r.text(hex, 64)}`, (r) => `pat${r.text(alphanumeric, 14)}.${r.text(hex, 63)}`),
  "sonarqube-token": token("squ_", hex, 40),
  "launchdarkly-key": written((r) => `sdk-${uuid(r)}`, (r) => uuid(r), (r) => `sdk-${uuid(r).slice(1)}`),
  "buildkite-token": token("bkua_", alphanumeric, 40),
};

function ghToken(random: string): string {
  return crc("ghp_", random);
}

function crc(prefix: string, random: string): string {
  return `${prefix}${random}${crc32Base62(random)}`;
}
