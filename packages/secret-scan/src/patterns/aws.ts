import type { SecretPattern } from "../pattern.ts";
import { distinct, isRandom, randomAfter } from "./shape.ts";

/** Amazon Web Services. What a pre-signed URL carries is no credential by itself, so a key id and a session token there are left alone. */
export const awsPatterns: readonly SecretPattern[] = [
  {
    id: "aws-access-key-id", title: "AWS access key id", severity: "high", literals: ["akia", "asia", "abia", "acca"],
    regexp: /(?<![A-Za-z0-9])(?<!X-Amz-Credential=)(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])/g,
    check: (match) => distinct(match.slice(4)) >= 6 && !match.endsWith("EXAMPLE"),
  },
  {
    id: "aws-secret-access-key", title: "AWS secret access key beside its name", severity: "critical",
    literals: ["aws_secret", "aws-secret", "awssecret", "secret_access_key", "secret-access-key", "secretaccesskey"],
    regexp: /(?:aws[_-]?secret(?:[_-]?access)?(?:[_-]?key)?|secret[_-]?access[_-]?key)["'\\]{0,3}[\s:=,]{1,6}["'\\]{0,3}[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/gi,
    check: (match) => isRandom(match.slice(-40)) && !match.endsWith("EXAMPLEKEY"),
  },
  // The texts begin as base64 of "!..origin_" and of "..aws" do.
  {
    id: "aws-session-token", title: "AWS session token", severity: "critical", literals: ["iqojb3jpz2lu", "fwogzxivyxdz", "fqogzxivyxdz"],
    regexp: /(?<!X-Amz-Security-Token=)(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz)[A-Za-z0-9+/=]{80,2400}/gi, check: randomAfter(/^.{12}/),
  },
  {
    id: "aws-bedrock-key", title: "Amazon Bedrock API key", severity: "critical", literals: ["absk", "bedrock-api-key-"],
    regexp: /(?:(?<![A-Za-z0-9+/])ABSK|bedrock-api-key-)[A-Za-z0-9+/=]{100,2000}/g, check: randomAfter(/^(?:ABSK|bedrock-api-key-)/),
  },
];
