/** A request as the strictest server reads it (RFC 9112). */
export interface StrictRequest {
  readonly line: string;
  readonly body: string;
  readonly trailers: string;
}

/** Reads the requests on a connection, one after the other; throws for anything that another server might read differently. */
export function readStrictly(wire: string): readonly StrictRequest[] {
  const requests: StrictRequest[] = [];
  for (let rest = wire; rest !== "";) {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) throw new Error(`Half a head: ${rest}`);
    const [line = "", ...fields] = rest.slice(0, end).split("\r\n");
    if (!/^[A-Z]+ \/[\x21-\x7e]* HTTP\/1\.1$/.test(line)) throw new Error(`No request line: ${line}`);
    const odd = fields.find((field) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\0\r\n]*$/.test(field));
    if (odd !== undefined) throw new Error(`No field: ${odd}`);
    const { body, trailers, after } = readBody(rest.slice(end + 4), { lengths: valuesOf(fields, "content-length"), codings: valuesOf(fields, "transfer-encoding") });
    if (valuesOf(fields, "host").length !== 1) throw new Error("Not one Host.");
    requests.push({ line, body, trailers });
    rest = after;
  }
  return requests;
}

interface Body {
  readonly body: string;
  readonly trailers: string;
  readonly after: string;
}

function readBody(rest: string, { lengths, codings }: { readonly lengths: readonly string[]; readonly codings: readonly string[] }): Body {
  if (lengths.length + codings.length > 1) throw new Error("More than one framing.");
  if (codings[0] === "chunked") return readChunks(rest);
  if (codings.length > 0) throw new Error(`Another coding: ${codings[0]}`);
  const length = Number(lengths[0] ?? 0);
  if (!/^[0-9]+$/.test(lengths[0] ?? "0") || rest.length < length) throw new Error(`Not this length: ${lengths[0]}`);
  return { body: rest.slice(0, length), trailers: "", after: rest.slice(length) };
}

function readChunks(wire: string): Body {
  let body = "";
  for (let rest = wire; ;) {
    const size = /^([0-9a-f]+)\r\n/i.exec(rest);
    if (size === null) throw new Error(`No chunk: ${rest}`);
    const [line = "", digits = ""] = size;
    const length = Number.parseInt(digits, 16);
    rest = rest.slice(line.length);
    if (length === 0) {
      const end = `\r\n${rest}`.indexOf("\r\n\r\n");
      if (end === -1) throw new Error(`No end of chunks: ${rest}`);
      return { body, trailers: rest.slice(0, end), after: rest.slice(end + 2) };
    }
    if (rest.slice(length, length + 2) !== "\r\n") throw new Error(`A chunk of another length: ${rest}`);
    body += rest.slice(0, length);
    rest = rest.slice(length + 2);
  }
}

function valuesOf(fields: readonly string[], name: string): readonly string[] {
  return fields.filter((field) => field.toLowerCase().startsWith(`${name}:`)).map((field) => field.slice(name.length + 1).trim().toLowerCase());
}
