import { readHop, WayOutError } from "@bottle/way-out";
import type { Fault } from "../config/fault.ts";
import type { WrittenUpstreamProxy } from "./model.ts";

/** What the hop itself would refuse of an `upstream_proxy`, in the file's words. @returns the key that it is about, and the fault */
export function upstreamProxyFault(written: WrittenUpstreamProxy): { readonly key: "url" | "no_proxy"; readonly fault: Fault } | undefined {
  try {
    readHop({ proxy: written.url, noProxy: written.no_proxy ?? [] }, { hosts: {}, allowPrivate: [] });
    return undefined;
  } catch (error) {
    if (!(error instanceof WayOutError)) throw error;
    const message = error.message.replaceAll("via.proxy", "upstream_proxy.url").replaceAll("via.noProxy", "upstream_proxy.no_proxy").replaceAll("via.credential", "upstream_proxy.credential");
    return { key: message.startsWith("upstream_proxy.no_proxy") ? "no_proxy" : "url", fault: { code: "option-invalid", message } };
  }
}
