/** As `push-cert` begins; other lines begin with an id or with `shallow`. */
const certificate = 0x70;

/**
 * Follows the head of a push (gitprotocol-pack): pkt-lines up to a flush, then a pack or nothing. git keeps all of them in memory,
 * reads options after them that nobody bounds, and stores the certificate of a signed push as an object before any hook is asked.
 * @param mostBytes of the lines
 * @returns takes the body piece by piece; says what is wrong with it, for people
 */
export function followCommands(mostBytes: number): (chunk: Uint8Array) => string | undefined {
  let state: "lines" | "pack" | "followed" = "lines";
  let head = "";
  let left = 0;
  let isNew = false;
  let bytes = 0;
  const take = (chunk: Uint8Array, at: number): number => {
    const taken = left > 0 ? Math.min(left, chunk.length - at) : 1;
    if (left > 0) left -= taken;
    else head += String.fromCharCode(chunk[at] ?? 0);
    bytes += taken;
    return at + taken;
  };
  return (chunk) => {
    for (let at = 0; at < chunk.length && state !== "followed";) {
      if (left > 0 && isNew && chunk[at] === certificate) return "The git gate takes no signed pushes. Push without --signed.";
      isNew = false;
      at = take(chunk, at);
      if (bytes > mostBytes) return `The push names more refs than ${mostBytes} bytes hold.`;
      if (head.length < 4) continue;
      if (state === "pack") {
        if (head !== "PACK") return "The push has something between its commands and its pack, for example push options, which the git gate does not take.";
        state = "followed";
      } else if (head === "0000") state = "pack";
      else {
        const length = /^[0-9a-f]{4}$/i.test(head) ? Number.parseInt(head, 16) : 0;
        if (length < 4) return "The push is not as git writes it.";
        left = length - 4;
        isNew = true;
      }
      head = "";
    }
    return undefined;
  };
}
