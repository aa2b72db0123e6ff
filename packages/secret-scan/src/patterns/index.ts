import type { SecretPattern } from "../pattern.ts";
import { aiPatterns } from "./ai.ts";
import { awsPatterns } from "./aws.ts";
import { azurePatterns } from "./azure.ts";
import { cloudPatterns } from "./cloud.ts";
import { developerToolPatterns } from "./developer-tools.ts";
import { genericPatterns } from "./generic.ts";
import { googlePatterns } from "./google.ts";
import { keyMaterialPatterns } from "./key-material.ts";
import { messagingPatterns } from "./messaging.ts";
import { paymentPatterns } from "./payment.ts";
import { registryPatterns } from "./registries.ts";
import { sourceControlPatterns } from "./source-control.ts";
import { urlPatterns } from "./urls.ts";
import { walletPatterns } from "./wallet.ts";

/** Every kind of secret that is told by its form, from the vendors' public documents. Ids are unique and stable. */
export const patterns: readonly SecretPattern[] = [
  ...aiPatterns, ...awsPatterns, ...azurePatterns, ...cloudPatterns, ...developerToolPatterns, ...googlePatterns, ...keyMaterialPatterns, ...messagingPatterns,
  ...paymentPatterns, ...registryPatterns, ...sourceControlPatterns, ...urlPatterns, ...walletPatterns, ...genericPatterns,
];
