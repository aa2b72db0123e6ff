import { encodeBase58Check } from "../patterns/checksum.ts";
import { token, written, type Example } from "./example.ts";
import { alphanumeric, base64, digits, hex, urlSafe, type Seeded } from "./seeded.ts";

const bech32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
const pem = (label: string, body: string): string => `-----BEGIN ${label}-----\n${(body.match(/.{1,64}/g) ?? []).join("\n")}\n-----END ${label}-----\n`;
const jwt = (header: object, r: Seeded): string => [header,
  { sub: r.text(digits, 12), iat: 1_700_000_000 }].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");

/** For the patterns of forms that no one service has, by id. */
export const formExamples: Readonly<Record<string, Example>> = {
  "private-key": written((r) => pem("OPENSSH PRIVATE KEY", r.text(base64, 320)), (r) => pem("PUBLIC KEY", r.text(base64, 320)),
    () => "if (text.includes(\"-----BEGIN PRIVATE KEY-----\")) throw new Error(\"no\");",
    () => pem("RSA PRIVATE KEY", "...")),
  "putty-private-key": written((r) => `PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: k\nPublic-Lines: 2\n${r.text(base64, 64)}\nPrivate-Lines: 1\n${r.text(base64, 64)}\n`,
    () => "PuTTY-User-Key-File-3: ssh-ed25519 is the first line", () => "a PuTTY-User-Key-File"),
  "age-secret-key": token("AGE-SECRET-KEY-1", bech32, 58),
  "json-web-token": written((r) => `${jwt({ alg: "RS256", typ: "JWT" }, r)}.${r.text(urlSafe, 342)}`,
    (r) => `${jwt({ alg: "none" }, r)}.${r.text(urlSafe, 43)}`,
    (r) => `${jwt({ typ: "JWT" }, r)}.${r.text(urlSafe, 43)}`, (r) => jwt({ alg: "HS256" }, r),
    (r) => `${[{ alg: "HS256" }, { sub: "1234567890", name: "John Doe" }].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.${r.text(urlSafe, 43)}`,
    (r) => `eyJ${r.text(alphanumeric, 30)}.${r.text(alphanumeric, 30)}.${r.text(alphanumeric, 43)}`),

  "bitcoin-wif": written((r) => encodeBase58Check(Buffer.concat([Buffer.of(0x80), r.bytes(32), Buffer.of(1)])),
    (r) => encodeBase58Check(Buffer.concat([Buffer.of(0x80), r.bytes(32), Buffer.of(1)])).replace(/.$/, (last) => last === "a" ? "b" : "a"),
    (r) => encodeBase58Check(Buffer.concat([Buffer.of(0x80), r.bytes(32), Buffer.of(2)])),
    (r) => encodeBase58Check(Buffer.concat([Buffer.of(0), r.bytes(20)]))),
  "extended-private-key": written((r) => extendedKey("0488ade4", r), (r) => extendedKey("0488b21e", r),
    (r) => extendedKey("0488ade4", r).replace(/.$/, (last) => last === "a" ? "b" : "a")),
  "ethereum-private-key": written((r) => `PRIVATE_KEY=0x${r.text(hex, 64)}`, (r) => `transactionHash: 0x${r.text(hex, 64)}`,
    (r) => `PRIVATE_KEY=0x${r.text(hex, 40)}`, () => `PRIVATE_KEY=0x${"0".repeat(63)}1`),

  "database-url": written((r) => `postgresql://app:${r.text(alphanumeric, 16)}@db.acme.io:5432/app`, () => "postgres://app@db.acme.io/app",
    () => "postgres://app:password@db/app", () => "mysql://root:${MYSQL_PASSWORD}@db/app",
    () => "mongodb+srv://app:***@cluster0.mongodb.net", () => "redis://user:<password>@cache:6379", () => "postgres://postgres:postgres@localhost/postgres",
    () => "postgres://user:@db/app"),
  "url-password": written((r) => `https://x-access-token:${r.text(alphanumeric, 30)}@git.acme.io/a/b.git`, () => "https://user@git.acme.io/a.git",
    () => "https://user:pass@git.acme.io/", (r) => `http://bottle:${r.text(alphanumeric, 30)}@127.0.0.1:3128`,
    (r) => `http://bottle:${r.text(alphanumeric, 30)}@egress:3128`, () => "http://localhost:3000/@scope/name"),
  "sql-connection-string": written((r) => `Server=tcp:db.acme.io,1433;Database=app;User Id=app;Password=${r.text(alphanumeric, 20)};Encrypt=true`,
    () => "Server=db;Database=app;Integrated Security=true;", () => "Server=db;User Id=sa;Password=${DB_PASSWORD};"),
  "basic-authorization": written((r) => `Authorization: Basic ${Buffer.from(`user:${r.text(alphanumeric, 20)}`).toString("base64")}`,
    () => `Authorization: Basic ${Buffer.from("user:").toString("base64")}`,
    () => `Authorization: Basic ${Buffer.from("user:password").toString("base64")}`, () => "Basic authentication is described in RFC 7617",
    () => "basic understanding"),

  "assigned-secret": written((r) => `https://api.acme.io/?api_key=${r.text(alphanumeric, 24)}&page=2`, () => "?token=${TOKEN}&page=2",
    () => "password=password1", () => "token=undefined", () => "?secret=xxxxxxxxxxxx", () => "?secret=your-api-key-1"),
  "environment-secret": written((r) => `export ACME_SIGNING_SECRET=${r.text(alphanumeric, 24)}`, () => "ACME_SIGNING_SECRET=changeme",
    () => "ACME_SECRET=${OTHER1}", () => "SSH_PUBLIC_KEY=/home/node/.ssh/id_ed25519.pub"),
  "quoted-secret": written((r) => `{"password": "${r.text(alphanumeric, 32)}"}`, () => "{\"password\": \"correct horse battery\"}",
    () => "{\"token\": \"https://idp.acme.io/oauth2/v1\"}", () => "const token = \"a-long-name-of-a-token\";"),
};

function extendedKey(version: string, r: Seeded): string {
  return encodeBase58Check(Buffer.concat([Buffer.from(version, "hex"), Buffer.of(0), r.bytes(40), Buffer.of(0), r.bytes(32)]));
}
