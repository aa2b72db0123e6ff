import { setTimeout as delay } from "node:timers/promises";
import { sentenceOf, type Channel } from "./notice.ts";

/** How long one attempt may take, and the pause before the second and last. */
export interface WebhookTimes {
  readonly timeoutMs: number;
  readonly pauseMs: number;
}

const usual: WebhookTimes = { timeoutMs: 5000, pauseMs: 1000 };

/** An address notices can be posted to; undefined for anything else. */
export function webhookAddress(text: string): URL | undefined {
  const url = URL.parse(text);
  return url && (url.protocol === "https:" || url.protocol === "http:") ? url : undefined;
}

/** Posts each notice as JSON: `text` as chat services want it, `identity`, `proposals`. Follows no redirect. */
export function createWebhook(url: URL, { timeoutMs, pauseMs }: WebhookTimes = usual): Channel {
  const post = async (body: string, signal: AbortSignal): Promise<void> => {
    const response = await fetch(url, {
      method: "POST", headers: { "content-type": "application/json" }, body, redirect: "error", signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`status ${response.status}`);
  };
  return {
    async send(notice, signal) {
      const body = JSON.stringify({ text: sentenceOf(notice), ...notice });
      try {
        await post(body, signal);
      } catch {
        await delay(pauseMs, undefined, { signal });
        await post(body, signal);
      }
    },
  };
}
