import { PassThrough, type Readable, Transform } from "node:stream";
import { through } from "../credentials/through.ts";
import type { BodyScan, Finding } from "@bottle/secret-scan";
import { scanBody } from "../dlp/scan-body.ts";
import { scanMessages } from "../dlp/scan-messages.ts";
import type { Lease } from "../limits/limits.ts";
import { dlpOf } from "../policy/dlp.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import type { Admitted } from "./admit.ts";
import { type ClientRequest, hasBody } from "./client.ts";
import type { ExchangeContext } from "./context.ts";
import { requestFacts, valuesOf } from "./headers.ts";
import { isGrpc } from "./messages.ts";
import type { ExchangeRecord } from "./record.ts";

/** A request's body on its way out. */
export interface OutgoingBody {
  readonly body: Readable | null;
  /** Whether the request may be sent now; `false` if it was refused or the client left. Absent: at once. */
  readonly opened?: Promise<boolean>;
}

/** A body that counts against its route's limit and lets out only what the scan has seen. `stop` is called for the first thing that refuses it. */
export function outgoingBody({ context, admission, request, lease, record, stop }: {
  readonly context: Pick<ExchangeContext, "scanning" | "scanLimitBytes">;
  readonly admission: Pick<Admitted, "route" | "read">;
  readonly request: ClientRequest;
  readonly lease: Lease;
  readonly record: ExchangeRecord;
  readonly stop: (reason: RefusalReason) => void;
}): OutgoingBody {
  const { route, read } = admission;
  const arriving = bodyOf(request);
  if (arriving === null) return { body: null };
  const counted = route.limits?.bytesOutPerMinute === undefined ? arriving : through(arriving, countStream(lease, stop));
  const dlp = dlpOf(route);
  const { action } = dlp;
  if (action === "off") return { body: counted };
  const marks = { contentType: requestFacts(request.rawHeaders).contentTypes.join(), contentEncoding: codingsOf(request) };
  const scanning = { dlp: { ...dlp, action }, limitBytes: context.scanLimitBytes, onFindings: (findings: readonly Finding[]) => record.found(findings), onRefused: stop };
  if (!isGrpc(requestFacts(request.rawHeaders).contentTypes) || marks.contentEncoding !== "") return scanBody(counted, { ...scanning, scan: context.scanning.body(read.host, marks) });
  const coding = valuesOf(request.rawHeaders, "grpc-encoding").join();
  const scanOf = (isCompressed: boolean): BodyScan => context.scanning.body(read.host, { contentType: "", contentEncoding: isCompressed ? coding || "unknown" : "" });
  return scanMessages(counted, { ...scanning, scanOf });
}

// What AWS calls a coding only frames the content with its signatures, between which it can be read.
function codingsOf({ rawHeaders }: ClientRequest): string {
  return valuesOf(rawHeaders, "content-encoding").join().split(",").filter((coding) => coding.trim().toLowerCase() !== "aws-chunked").join();
}

function countStream(lease: Lease, stop: (reason: RefusalReason) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (lease.spend(chunk.length)) return done(null, chunk);
      stop("limit-bytes");
      done(new Error("The route's bytes are used up."));
    },
  });
}

// A body that cannot be sent is destroyed, and destroying the request itself would close the client before it has its answer.
function bodyOf(request: ClientRequest): Readable | null {
  if (!hasBody(request)) return null;
  const body = new PassThrough({ highWaterMark: 64 * 1024 });
  request.on("error", () => body.destroy());
  request.once("close", () => {
    if (!request.complete) body.destroy(new Error("The client went away."));
  });
  body.on("error", () => {});
  return request.pipe(body);
}
