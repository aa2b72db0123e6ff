import { tarEnd, tarHeader, tarPadding } from "./tar-header.ts";

/** A tar archive of named files that all may read. */
export function packFiles(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const parts = Object.entries(files).flatMap(([path, content]) => {
    const bytes = Buffer.from(content);
    return [tarHeader({ path, mode: 0o644, size: bytes.length }), bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat([...parts, tarEnd]);
}
