import type { SecretPattern } from "../pattern.ts";
import { randomAfter, randomHexAfter } from "./shape.ts";

/** Keys of payment providers and shops. */
export const paymentPatterns: readonly SecretPattern[] = [
  {
    id: "stripe-key", title: "Stripe secret or restricted key", severity: "critical", literals: ["sk_live_", "rk_live_", "sk_test_", "rk_test_"],
    regexp: /[sr]k_(?:live|test)_[A-Za-z0-9]{16,247}/g, check: randomAfter(/^[sr]k_(?:live|test)_/),
  },
  {
    id: "stripe-webhook-secret", title: "Stripe webhook signing secret", severity: "high", literals: ["whsec_"],
    regexp: /whsec_[A-Za-z0-9+/]{32,80}/g, check: randomAfter(/^whsec_/),
  },
  {
    id: "square-token", title: "Square access token or secret", severity: "critical", literals: ["sq0atp-", "sq0csp-"],
    regexp: /sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}/g, check: randomAfter(/^sq0[a-z]{3}-/),
  },
  {
    id: "braintree-token", title: "PayPal Braintree access token", severity: "critical", literals: ["access_token$production$", "access_token$sandbox$"],
    regexp: /access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}/g, check: randomHexAfter(/^.{20,60}\$/),
  },
  {
    id: "shopify-token", title: "Shopify access token or shared secret", severity: "critical", literals: ["shpat_", "shpca_", "shppa_", "shpss_"],
    regexp: /shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/g, check: randomHexAfter(/^shp[a-z]{2}_/),
  },
];
