import { type RawHeaders, valuesOf } from "../../exchange/headers.ts";
import type { RefusalReason } from "../../policy/refusals.ts";

/** What the client's own signature says it is for. Its keys are stand-ins, so nothing of it is verified. */
export interface ClientSignature {
  readonly region: string;
  readonly service: string;
  /** Lower-case names. */
  readonly signedHeaders: readonly string[];
  /** Whether it stood in the query (a presigned URL). */
  readonly isPresigned: boolean;
}

const credential = /^[^/\s]{1,256}\/\d{8}\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request$/;
const names = /^[!#$%&'*+.^_`|~0-9a-z;-]{1,4096}$/;

/** Finds the one signature of a request, in `Authorization` or in the query. @returns why it cannot be signed anew, if so */
export function readClientSignature(headers: RawHeaders, query: string): ClientSignature | RefusalReason {
  const sent = valuesOf(headers, "authorization");
  const fields = new URLSearchParams(query);
  const isPresigned = [...fields.keys()].some((name) => /^x-amz-(?:algorithm|credential|signature)$/i.test(name));
  if (sent.length + Number(isPresigned) !== 1) return "signature-missing";
  const algorithm = isPresigned ? fields.get("X-Amz-Algorithm") ?? "" : sent[0]?.trim().split(/\s/, 1)[0] ?? "";
  if (/^AWS4-ECDSA-P256-SHA256$/i.test(algorithm)) return "signature-unsupported";
  if (algorithm !== "AWS4-HMAC-SHA256") return "signature-missing";
  return isPresigned ? fromQuery(fields) : fromHeader(sent[0] ?? "");
}

function fromHeader(value: string): ClientSignature | RefusalReason {
  const parts = value.trim().slice("AWS4-HMAC-SHA256".length).split(",").map((part) => part.trim());
  const field = (name: string): string | undefined => parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
  return fromFields(field("Credential"), field("SignedHeaders"), false);
}

function fromQuery(fields: URLSearchParams): ClientSignature | RefusalReason {
  const one = (name: string): string | undefined => fields.getAll(name).length === 1 ? fields.get(name) ?? undefined : undefined;
  return fromFields(one("X-Amz-Credential"), one("X-Amz-SignedHeaders"), true);
}

function fromFields(scope: string | undefined, signedHeaders: string | undefined, isPresigned: boolean): ClientSignature | RefusalReason {
  const [, region, service] = credential.exec(scope ?? "") ?? [];
  if (region === undefined || service === undefined || signedHeaders === undefined || !names.test(signedHeaders)) return "signature-missing";
  return { region, service, signedHeaders: signedHeaders.split(";"), isPresigned };
}
