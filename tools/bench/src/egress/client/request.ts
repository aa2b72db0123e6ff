const digits = 10;

/** Head bytes of a request, made once; the number in its path is written anew each time. */
export interface Prepared {
  /** The bytes with this number, good until the next call. */
  withId(id: number): Buffer;
  /** The path with this number. */
  path(id: number): string;
}

/** A GET of `folder` and a number, with ten headers as a program of a language model's maker sends them. */
export function prepare(host: string, folder: string): Prepared {
  const path = (id: number): string => `${folder}${String(id).padStart(digits, "0")}`;
  const headers = [
    `Host: ${host}`, "User-Agent: bench/1.0 (linux; x64)", "Accept: application/json", "Accept-Encoding: identity", "Accept-Language: en",
    "Content-Type: application/json", "Authorization: Bearer none", "X-Client-Version: 2.14.1", "X-Client-Runtime: node 24", "Connection: keep-alive",
  ];
  const bytes = Buffer.from(`GET ${path(0)} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
  const at = "GET ".length + folder.length;
  return {
    path,
    withId(id) {
      for (let place = digits - 1, rest = id; place >= 0; place -= 1, rest = Math.floor(rest / 10)) bytes[at + place] = 0x30 + (rest % 10);
      return bytes;
    },
  };
}
