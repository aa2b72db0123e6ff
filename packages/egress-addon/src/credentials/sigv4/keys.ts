/** A key pair of AWS, with the session token that temporary ones have. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Reads a token's value: `ID:SECRET`, `ID:SECRET:SESSION`, or what a `credential_process` prints (AWS SDKs and Tools Reference,
 * "Process credential provider"): JSON with AccessKeyId, SecretAccessKey and maybe SessionToken. `undefined` if it is neither.
 */
export function readAwsKeys(value: string): AwsKeys | undefined {
  const [accessKeyId, secretAccessKey, sessionToken] = value.startsWith("{") ? fromJson(value) : value.split(":", 4).length < 4 ? value.split(":") : [];
  if (!isPart(accessKeyId, /^\w{16,128}$/) || !isPart(secretAccessKey, /^[\x21-\x7e]{16,256}$/)) return undefined;
  if (sessionToken === undefined || sessionToken === null) return { accessKeyId, secretAccessKey };
  return isPart(sessionToken, /^[\x21-\x7e]{1,16384}$/) ? { accessKeyId, secretAccessKey, sessionToken } : undefined;
}

function fromJson(value: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed !== "object" || parsed === null) return [];
    const found: Partial<Record<string, unknown>> = { ...parsed };
    return [found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]];
  } catch {
    return [];
  }
}

function isPart(part: unknown, form: RegExp): part is string {
  return typeof part === "string" && form.test(part);
}
