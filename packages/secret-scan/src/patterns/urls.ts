import type { SecretPattern } from "../pattern.ts";
import { isStandIn } from "./shape.ts";

const authority = ":\\/\\/[^\\s:/?#@\"'<>\\\\]{0,100}:[^\\s/@\"'<>\\\\]{1,200}@[A-Za-z0-9.\\[\\]:_-]{1,253}";

/** Names and passwords in URLs (RFC 3986 §3.2.1), connection strings and Basic credentials (RFC 7617). */
export const urlPatterns: readonly SecretPattern[] = [
  {
    id: "database-url", title: "Database or broker URL with a password", severity: "critical",
    literals: ["postgres", "mysql", "mariadb", "mongodb", "redis", "amqp", "mssql", "sqlserver", "clickhouse", "cockroachdb"], startsWithin: 0,
    regexp: new RegExp(`(?:postgres(?:ql)?|mysql2?|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|clickhouse|cockroachdb)(?:\\+[a-z0-9_]{2,16})?${authority}`, "gi"),
    check: hasPassword,
  },
  {
    id: "url-password", title: "URL with a name and a password", severity: "high", literals: ["https://", "http://", "ftp://", "ftps://", "sftp://", "ssh://"], startsWithin: 1,
    regexp: new RegExp(`(?:https?|s?ftps?|ssh)${authority}`, "gi"), check: (match) => hasPassword(match) && isOutside(match),
  },
  {
    id: "sql-connection-string", title: "SQL connection string with a password", severity: "critical", literals: ["server=", "data source="], startsWithin: 0,
    regexp: /(?:server|data source)=[^\s;="']{2,200};[^"'\r\n]{0,400}/gi, check: hasSqlPassword,
  },
  {
    id: "basic-authorization", title: "HTTP Basic credentials", severity: "high", literals: ["basic "], startsWithin: 0,
    regexp: /(?<![A-Za-z])Basic {1,3}[A-Za-z0-9+/_-]{6,1400}={0,2}/gi, check: hasBasicPassword,
  },
];

function hasPassword(match: string): boolean {
  const [name = "", password = ""] = userinfo(match);
  return password.length >= 3 && password !== name && !isStandIn(password);
}

// A bottle's own proxy, for one: what holds on this machine or in its own network is of no use outside it.
function isOutside(match: string): boolean {
  const host = match.slice(match.lastIndexOf("@") + 1).toLowerCase();
  return host.includes(".") && !host.startsWith("127.") && !/(?:^|\.)(?:example|invalid|test|localhost)(?:\.(?:com|net|org))?(?::\d{1,5})?$/.test(host);
}

function userinfo(match: string): readonly string[] {
  const from = match.indexOf("://") + 3;
  const text = match.slice(from, match.lastIndexOf("@"));
  const colon = text.indexOf(":");
  return [text.slice(0, colon), text.slice(colon + 1)];
}

function hasSqlPassword(match: string): boolean {
  const value = /;\s{0,3}(?:password|pwd)\s{0,3}=\s{0,3}([^;]{4,200})/i.exec(match)?.[1] ?? "";
  return value !== "" && !isStandIn(value.trim());
}

function hasBasicPassword(match: string): boolean {
  const text = match.replace(/^basic {1,3}/i, "");
  const bytes = Buffer.from(text, "base64");
  const decoded = bytes.toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon === -1 || /[\0-\x1f\x7f\ufffd]/.test(decoded)) return false;
  const password = decoded.slice(colon + 1);
  return password.length >= 3 && password !== decoded.slice(0, colon) && !isStandIn(password);
}
