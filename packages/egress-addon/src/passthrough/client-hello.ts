/** What the first bytes of a tunnel say: the TLS server name (`undefined` where there is none), that more is needed, or that it is no ClientHello. */
export type HelloReading = { readonly kind: "hello"; readonly serverName: string | undefined } | { readonly kind: "short" } | { readonly kind: "other" };

const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
const hostName = 0;
const other: HelloReading = { kind: "other" };
const short: HelloReading = { kind: "short" };

/**
 * Reads a TLS ClientHello (RFC 8446 4.1.2) that may come in several records (5.1) and packets, and the host name in its server_name
 * extension (RFC 6066 3). Total; what is cut short inside, has two names or is no TLS is `other`.
 */
export function readClientHello(bytes: Uint8Array): HelloReading {
  const message = joinRecords(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (message === undefined) return other;
  if (message.length < 4) return short;
  if (message[0] !== clientHello) return other;
  const length = message.readUIntBE(1, 3);
  if (message.length < 4 + length) return short;
  const names = namesIn(message.subarray(4, 4 + length));
  if (names === undefined || names.length > 1) return other;
  return { kind: "hello", serverName: names[0] };
}

/** The handshake bytes of the records that are there, as far as they have come; undefined if one is of another kind. */
function joinRecords(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== handshakeRecord || (bytes[at + 1] ?? 3) !== 3) return undefined;
    if (at + 5 > bytes.length) break;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0) return undefined;
    parts.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return Buffer.concat(parts);
}

/** The host names of a ClientHello's body; undefined if its lengths do not fit. */
function namesIn(body: Buffer): readonly string[] | undefined {
  const reader = createReader(body);
  reader.skip(2 + 32);
  for (const lengthBytes of [1, 2, 1] as const) reader.skip(reader.number(lengthBytes));
  if (reader.isBroken()) return undefined;
  if (reader.left() === 0) return [];
  const extensions = createReader(reader.take(reader.number(2)));
  if (reader.isBroken() || reader.left() > 0) return undefined;
  const names: string[] = [];
  while (extensions.left() > 0) {
    const type = extensions.number(2);
    const content = extensions.take(extensions.number(2));
    if (type === serverNameExtension) names.push(...serverNames(content));
  }
  return extensions.isBroken() ? undefined : names;
}

// A list that cannot be read counts as two names, which no host has.
function serverNames(content: Buffer): readonly string[] {
  const outer = createReader(content);
  const list = createReader(outer.take(outer.number(2)));
  const names: string[] = [];
  while (list.left() > 0 && !list.isBroken()) {
    const type = list.number(1);
    const name = list.take(list.number(2)).toString("latin1");
    names.push(type === hostName ? name : "");
  }
  return list.isBroken() || outer.isBroken() || outer.left() > 0 ? ["", ""] : names;
}

interface Reader {
  /** A big-endian number of so many bytes; 0 past the end. */
  number(bytes: number): number;
  take(bytes: number): Buffer;
  skip(bytes: number): void;
  left(): number;
  /** Whether more was asked for than there was. */
  isBroken(): boolean;
}

function createReader(bytes: Buffer): Reader {
  let at = 0;
  let broken = false;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) broken = true;
    const part = bytes.subarray(at, at + length);
    at = Math.min(bytes.length, at + length);
    return part;
  };
  return {
    take,
    skip: (length) => void take(length),
    number: (length) => take(length).reduce((value, byte) => value * 256 + byte, 0),
    left: () => bytes.length - at,
    isBroken: () => broken,
  };
}
