import { describe, expect, test } from "vitest";
import { alphanumeric, base64, digits, hex, lower, seeded, upper } from "../testing/seeded.ts";
import { patterns } from "./index.ts";

const random = seeded(7);
const many = (count: number, make: () => string): string => Array.from({ length: count }, make).join("\n");
const uuid = (): string => [8, 4, 4, 4, 12].map((length) => random.text(hex, length)).join("-");
const word = (): string => random.text(lower, 3 + Number(random.text(digits, 1)));

const corpora: Readonly<Record<string, string>> = {
  "a lockfile's integrity hashes": many(400,
    () => `  resolution: {integrity: sha512-${random.text(base64, 86)}==}\n  "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz#${random.text(hex, 40)}",`),
  "a package's checksums": many(400, () => `aiohttp==3.9.1 --hash=sha256:${random.text(hex, 64)}\nh1:${random.text(base64, 43)}=\nchecksum = "${random.text(hex, 64)}"`),
  "git's object ids and log": many(400, () => `${random.text(hex, 40)} ${random.text(hex, 7)} Merge branch 'fix' into main\nindex ${random.text(hex, 7)}..${random.text(hex, 7)} 100644`),
  "UUIDs": many(400, uuid),
  "identifiers of requests and cursors": many(300,
    () => `"id":"msg_${random.text(alphanumeric, 24)}","request_id":"req_${random.text(alphanumeric, 24)}","cursor":"${random.text(base64, 32)}","etag":"W/\\"${random.text(hex, 32)}\\""`),
  "minified JavaScript": many(200, () => `function ${random.text(lower, 1)}(${random.text(lower, 1)},t){return t.token=e.token||"",t.password=n(t.password),e.secret?a(e.secret).then((t=>t.apiKey)):null}var ${word()}={tokenType:"Bearer",passwordField:"${word()}"};`),
  "a source map": many(100, () => `{"version":3,"mappings":"${random.text(`${upper}${lower};,`, 400)}"}`),
  "images as data URLs": many(40, () => `data:image/png;base64,iVBORw0KGgo${random.text(base64, 2000)}`),
  "base64 in lines": many(60, () => random.text(base64, 76)),
  "English": "The quick brown fox asked for a basic token of its key secret; a password is never shared. Asia, social, key-value, task-based, risk, tokens: 12, secret santa. Basic knowledge helps. ".repeat(60),
  "settings without secrets": ["TOKEN=", "PASSWORD=${DB_PASSWORD}", "API_KEY=<your api key>", "SECRET_KEY_BASE=changeme", "SSH_KEY=~/.ssh/id_rsa",
    "token: ${{ secrets.GITHUB_TOKEN }}", "password: str", "api_key = os.environ[\"API_KEY\"]",
    "const token = await getToken({ audience: \"a\" });", "--token=$NPM_TOKEN", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
      "DATABASE_URL=postgres://localhost/app", "token=true", "max_tokens=4096", "tokenizer=cl100k_base_v2"].join("\n"),
  "a download's redirect": `https://objects.example.net/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA${random.text(`${upper}234567`, 16)}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Security-Token=IQoJb3JpZ2lu${random.text(alphanumeric, 300)}&X-Amz-Signature=${random.text(hex, 64)}`,
  "pages of a list": many(100, () => `GET /v1/a?page_token=${random.text(alphanumeric, 40)}&nextToken=${random.text(alphanumeric, 40)}&csrf_token=${random.text(alphanumeric, 40)}`),
};

describe.each(Object.entries(corpora))("%s", (_, text) => {
  test("gives no finding", () => {
    expect(patterns.flatMap((pattern) => [...text.matchAll(pattern.regexp)].filter(([match]) => pattern.check?.(match) ?? true).map(([match]) => `${pattern.id}: ${match.slice(0, 60)}`))).toEqual([]);
  });
});
