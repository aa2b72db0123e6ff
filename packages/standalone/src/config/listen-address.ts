import { isIP } from "node:net";
import { quote } from "../visible.ts";
import type { Fault } from "./fault.ts";
import { type Field, refined, text } from "./fields.ts";

/** A Unix socket's path, or an address and port. */
export type ListenAddress = { readonly unix: string } | { readonly host: string; readonly port: number };

/** What to show to whoever wrote no address: the usual port, and a path. */
export interface ListenExample {
  readonly port: number;
  readonly unix: string;
}

/** `address:port`, `[v6]:port` or the path of a Unix socket (it has a `/`). */
export function listenAddress(example: ListenExample): Field<ListenAddress> {
  const find = (written: string): Fault | undefined => listenFault(written, example);
  const textual: Field<ListenAddress> = refined(text(find), (written) => parseListen(written));
  return (node, at) => {
    if (node.kind !== "scalar" || typeof node.value !== "number") return textual(node, at);
    at.report(node.offset, find(node.source) ?? { code: "listen-invalid", message: "An address is text." });
    return undefined;
  };
}

/** Whether only this machine can reach the address. */
export function isLocal(address: ListenAddress): boolean {
  return "unix" in address || address.host === "localhost" || address.host === "::1" || /^127\./.test(address.host);
}

/** An address as it is written. */
export function formatListen(address: ListenAddress): string {
  if ("unix" in address) return address.unix;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

function parseListen(written: string): ListenAddress | undefined {
  if (/^[a-z]+:/.test(written)) return parseTcp(written);
  return written.includes("/") ? { unix: written } : parseTcp(written);
}

function parseTcp(written: string): ListenAddress | undefined {
  const [, bracketed, bare, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(written) ?? [];
  const host = bracketed ?? bare ?? "";
  const port = Number(digits);
  if (!(port >= 0 && port < 65_536)) return undefined;
  const isHost = bracketed === undefined ? isIP(host) === 4 || host === "localhost" : isIP(host) === 6;
  return isHost ? { host, port } : undefined;
}

function listenFault(written: string, example: ListenExample): Fault | undefined {
  if (parseListen(written) !== undefined) return undefined;
  return { code: "listen-invalid", message: `${quote(written)} is neither an address with a port nor the path of a socket.`, mend: listenMend(written, example) };
}

function listenMend(written: string, { port: usual, unix }: ListenExample): string {
  const port = /^(?:\*|):?([0-9]{1,5})$/.exec(written)?.[1];
  if (port !== undefined) return `127.0.0.1:${port}`;
  const rest = /^[a-z]+:(?:\/\/)?(.+?)\/?$/.exec(written)?.[1];
  if (rest !== undefined && parseListen(rest) !== undefined) return rest;
  return isIP(written) === 4 ? `${written}:${usual}` : `For example: 127.0.0.1:${usual} or ${unix}`;
}
