import type { SecretPattern } from "../pattern.ts";
import { isRandom, randomAfter } from "./shape.ts";

/** Microsoft Azure. */
export const azurePatterns: readonly SecretPattern[] = [
  {
    id: "azure-storage-key", title: "Azure Storage or Cosmos DB account key", severity: "critical", literals: ["accountkey="],
    regexp: /AccountKey=[A-Za-z0-9+/]{86}==/gi, check: randomAfter(/^AccountKey=/i),
  },
  {
    id: "azure-shared-access-key", title: "Azure Service Bus, Event Hubs or IoT Hub access key", severity: "critical", literals: ["sharedaccesskey="],
    regexp: /SharedAccessKey=[A-Za-z0-9+/]{43}=/gi, check: randomAfter(/^SharedAccessKey=/i),
  },
  // Read access to one blob is what a download's redirect carries (GitHub's release assets, for one): that is no credential of anybody.
  {
    id: "azure-sas", title: "Azure shared access signature", severity: "high", literals: ["sig="],
    regexp: /(?<![A-Za-z])(?:sig|sv|se|sp|st|ss|srt?|spr|sip|sk[tesv]|skoid|sktid)=[^\s"'<>#]{20,1000}/g, check: isAccessSignature,
  },
  {
    id: "azure-client-secret", title: "Microsoft Entra client secret", severity: "critical",
    literals: ["0q~", "1q~", "2q~", "3q~", "4q~", "5q~", "6q~", "7q~", "8q~", "9q~"],
    regexp: /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])/g, check: randomAfter(/^.{6}/),
  },
  {
    id: "azure-devops-token", title: "Azure DevOps personal access token", severity: "critical", literals: ["azdo"],
    regexp: /(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])/g, check: isRandom,
  },
];

// Storage's service, account and user-delegation signatures: a version, and an HMAC-SHA-256 in base64.
function isAccessSignature(match: string): boolean {
  const fields = new URLSearchParams(match);
  const isReadOfOneBlob = fields.get("sp") === "r" && fields.get("sr") === "b";
  const signature = fields.get("sig")?.replaceAll(" ", "+") ?? "";
  return /^\d{4}-\d\d-\d\d$/.test(fields.get("sv") ?? "") && /^[A-Za-z0-9+/]{43}=/.test(signature) && isRandom(signature) && !isReadOfOneBlob;
}
