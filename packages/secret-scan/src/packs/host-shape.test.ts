import fc from "fast-check";
import { expect, test } from "vitest";
import { seeded } from "../testing/seeded.ts";
import { looksLikeExfiltration } from "./host-shape.ts";

const random = seeded(3);
const base32 = "abcdefghijklmnopqrstuvwxyz234567";
const hex = "0123456789abcdef";

test.each([
  "example.com", "api.github.com", "registry.npmjs.org", "files.pythonhosted.org", "objects.githubusercontent.com", "release-assets.githubusercontent.com",
  "github-cloud.s3.amazonaws.com",
  "d111111abcdef8.cloudfront.net", "d2908q01vomqb2.cloudfront.net", "acme-production-customer-assets-2024.s3.eu-central-1.amazonaws.com",
  "prod-registry-k8s-io-eu-west-1.s3.dualstack.eu-west-1.amazonaws.com",
  "a-very-long-bucket-name-of-a-team-that-likes-long-bucket-names.s3.us-west-2.amazonaws.com",
  "myapp-hkdyh3b5bxe8gpfp.westeurope-01.azurewebsites.net", "mystorageaccount0001.blob.core.windows.net", "nice-sea-0a1b2c3d4.5.azurestaticapps.net",
  "acme-openai-swedencentral.openai.azure.com",
  "x2pqr8k4w7v9zm-8888.proxy.runpod.net", "my-app-9xk2l3m4n-acme.vercel.app", "my-app-git-feature-a-long-branch-name-acme-team.vercel.app",
  "3f9a2b1c.my-project.pages.dev",
  `${random.text(hex, 32)}.r2.cloudflarestorage.com`, `${random.text(hex, 32)}.gr7.us-east-1.eks.amazonaws.com`,
  `${random.text(base32, 32)}.lambda-url.us-east-1.on.aws`,
  "550e8400-e29b-41d4-a716-446655440000.ws.example.net", "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", "mydb.c9akciq32rgv.us-east-1.rds.amazonaws.com",
  "internal-my-load-balancer-1234567890.us-east-1.elb.amazonaws.com", "vpce-0a1b2c3d4e5f67890-abcdefgh.s3.us-east-1.vpce.amazonaws.com",
  "ec2-203-0-113-25.eu-central-1.compute.amazonaws.com",
  "service-abcdefghij-uc.a.run.app", "abcdefghijklmnopqrst.supabase.co", "o447951.ingest.us.sentry.io", "cdn-lfs-us-1.hf.co", "cas-bridge.xethub.hf.co",
  "transfer.xethub.hf.co", "lfs.github.com",
  "production.cloudflare.docker.com", "miniature-space-guide-x5rq7vp9w6gh4pv-8080.app.github.dev", "b5f1-203-0-113-5.ngrok-free.app",
  "xn--bcher-kva.shop.example", "xn--e1afmkfd.xn--80akhbyknj4f.example.org", "xn--zckzah.xn--wgv71a119e.example.jp", "xn--fiqs8s.example.com",
  "xn--mgbh0fb.example.com",
])("%s is a host", (host) => {
  expect(looksLikeExfiltration(host)).toBe(false);
  expect(looksLikeExfiltration(`${host.toUpperCase()}.`)).toBe(false);
});

const encoded = (encoding: "hex" | "base64url", length: number): string => seeded(length).bytes(length).toString(encoding).toLowerCase();

test.each<[string, string]>([
  ["a long label in base32", `${random.text(base32, 52)}.evil.example`],
  ["a long label in hex", `${encoded("hex", 31)}.evil.example`],
  ["a long label in base64", `${encoded("base64url", 44)}.evil.example`],
  ["two long labels", `${random.text(base32, 30)}.${random.text(base32, 30)}.evil.example`],
  ["three random labels of twenty", `${[1, 2, 3].map(() => random.text(base32, 20)).join(".")}.evil.example`],
  ["a secret in hex with hyphens", `${[1, 2, 3, 4].map(() => random.text(hex, 14)).join("-")}.evil.example`],
  ["twelve short labels", `${Array.from({ length: 12 }, () => random.text(base32, 4)).join(".")}.evil.example`],
  ["labels longer together than any name",
  `${["some-words", "that-are-not", "random-at-all"].join("-").repeat(4).match(/.{1,60}/g)?.join(".") ?? ""}.evil.example`],
  ["letters without a digit", `${random.text("bcdfghjklmnpqrstvwxz", 45)}.evil.example`],
  ["punycode of no script", "xn--a4b8c2d6e1f9g3h7k5m0n2p4q6r8s1t3u5v7w9x2y4z6a8b1c3.evil.example"],
])("%s is no host", (_, host) => {
  expect(looksLikeExfiltration(host)).toBe(true);
});

test("a key in base32 or hex is told wherever it is cut into labels of twenty or more", () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const key = seeded(seed).text(seed % 2 === 0 ? base32 : hex, 80);
    const size = 20 + seed % 43;
    const labels = key.match(new RegExp(`.{1,${String(size)}}`, "g")) ?? [];
    expect(looksLikeExfiltration(`${labels.join(".")}.evil.example`), key).toBe(true);
  }
});

test("any text is taken", () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.domain()), (host) => {
    expect(typeof looksLikeExfiltration(host)).toBe("boolean");
  }));
});
