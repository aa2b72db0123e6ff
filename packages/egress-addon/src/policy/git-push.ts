import { foldCompatibility } from "./compatibility.ts";

/**
 * Whether a request is, or announces, a git push over smart HTTP (gitprotocol-http: `POST …/git-receive-pack`,
 * `GET …/info/refs?service=git-receive-pack`), in any case and any depth of percent-encoding; or the lock on a ref with which a
 * push over WebDAV begins (git-http-push).
 */
export function isGitPush(method: string, target: string): boolean {
  // Most targets need no decoding, and name nothing of a push.
  if (method !== "LOCK" && !/%|receive-pack|[^\0-\x7f]/i.test(target)) return false;
  const decoded = fold(decodeFully(target));
  const at = decoded.indexOf("?");
  const path = at === -1 ? decoded : decoded.slice(0, at);
  const isRead = method === "GET" || method === "HEAD";
  if (method === "LOCK" && /\/(?:info\/refs|refs\/)/.test(path)) return true;
  return (path.includes("git-receive-pack") && !isRead) || (at !== -1 && decoded.includes("git-receive-pack", at));
}

function decodeFully(text: string): string {
  let current = text;
  for (let round = 0; round < 8 && current.includes("%"); round += 1) {
    const next = current.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (next === current) return current;
    current = next;
  }
  return current;
}

// As the loosest server compares: characters that are written otherwise, but stand for ASCII ones, count as these.
function fold(bytes: string): string {
  if (!/[^\0-\x7f]/.test(bytes)) return bytes.toLowerCase();
  const text = new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
  return foldCompatibility(text, "NFKC").toLowerCase();
}
