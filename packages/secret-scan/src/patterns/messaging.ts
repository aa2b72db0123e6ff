import type { SecretPattern } from "../pattern.ts";
import { randomAfter, randomHexAfter } from "./shape.ts";

// How base64 of a number that does not begin with 0 begins.
const discordIds = ["mt", "mj", "mz", "nd", "nt", "nj", "nz", "od", "ot"].flatMap((start) => [..."aeimquycgk"].map((second) => `${start}${second}`));

const digits = [..."0123456789"];

/** Chat, mail and telephony. */
export const messagingPatterns: readonly SecretPattern[] = [
  {
    id: "slack-token", title: "Slack token", severity: "critical",
    literals: ["xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xoxe."],
    regexp: /xox(?:[a-eoprs]-|e\.xox[bp]-)[A-Za-z0-9%-]{20,400}/g, check: randomAfter(/^xox(?:[a-eoprs]-|e\.xox[bp]-)/),
  },
  {
    id: "slack-app-token", title: "Slack app-level token", severity: "critical", literals: ["xapp-"],
    regexp: /xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[0-9a-f]{40,80}/g, check: randomHexAfter(/^xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-/),
  },
  {
    id: "slack-webhook", title: "Slack webhook", severity: "high", literals: ["hooks.slack.com/", "hooks.slack-gov.com/"],
    regexp: /hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9+/_-]{30,120}/g, check: randomAfter(/^.{0,40}\/(?:services|workflows|triggers)\//),
  },
  {
    id: "discord-bot-token", title: "Discord bot token", severity: "critical", literals: discordIds, isToken: true,
    regexp: /(?<![A-Za-z0-9_.-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}(?![A-Za-z0-9_-])/g, check: isDiscordToken,
  },
  {
    id: "discord-webhook", title: "Discord webhook", severity: "high", literals: ["discord.com/api/", "discordapp.com/api/"],
    regexp: /discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/\d{17,20}\/[A-Za-z0-9_-]{60,80}/g, check: randomAfter(/^.{0,60}\/\d{17,20}\//),
  },
  {
    id: "telegram-bot-token", title: "Telegram bot token", severity: "critical", literals: digits.map((digit) => `${digit}:aa`),
    regexp: /(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{32,33}(?![A-Za-z0-9_-])/g, check: randomAfter(/^\d{8,10}:AA/),
  },
  {
    id: "twilio-key", title: "Twilio API key", severity: "high",
    literals: ["sk0", "sk1", "sk2", "sk3", "sk4", "sk5", "sk6", "sk7", "sk8", "sk9", "ska", "skb", "skc", "skd", "ske", "skf"], isToken: true,
    regexp: /(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])/g, check: randomHexAfter(/^SK/),
  },
  {
    id: "sendgrid-key", title: "SendGrid API key", severity: "critical", literals: ["sg."], isToken: true,
    regexp: /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/g, check: randomAfter(/^SG\./),
  },
  {
    id: "mailgun-key", title: "Mailgun key", severity: "critical",
    literals: ["key-0", "key-1", "key-2", "key-3", "key-4", "key-5", "key-6", "key-7", "key-8", "key-9", "key-a", "key-b", "key-c", "key-d", "key-e", "key-f"],
    regexp: /(?<![A-Za-z0-9-])(?:pub)?key-[0-9a-f]{32}(?![A-Za-z0-9])/g, check: randomHexAfter(/^(?:pub)?key-/),
  },
  {
    id: "mailchimp-key", title: "Mailchimp API key", severity: "critical", literals: digits.map((digit) => `-us${digit}`),
    regexp: /(?<![A-Za-z0-9])[0-9a-f]{32}-us\d{1,2}(?![A-Za-z0-9])/g, check: randomHexAfter(/-us\d{1,2}$/),
  },
  {
    id: "brevo-key", title: "Brevo API key", severity: "critical", literals: ["xkeysib-", "xsmtpsib-"],
    regexp: /x(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}/g, check: randomHexAfter(/^x[a-z]{3,4}sib-/),
  },
];

// The first part is the bot's numeric id in base64.
function isDiscordToken(match: string): boolean {
  const id = Buffer.from(match.slice(0, match.indexOf(".")), "base64").toString("latin1");
  return /^\d{17,20}$/.test(id);
}
