/** What stops a push: something found in an object, or something that could not be read. Never any text of what was found. */
export interface PushFinding {
  /** The known secret's name, a pattern's id, or why something could not be read. */
  readonly rule: string;
  readonly kind: "known" | "canary" | "pattern" | "pack" | "unscannable" | "lfs" | "gitleaks";
  readonly object: string;
  readonly type: "blob" | "tree" | "commit" | "tag";
  /** Of a blob, or of the tree whose names hold it. Control characters are shown as `?`. */
  readonly path?: string;
  /** Inside an archive, or behind which encodings. */
  readonly within?: string;
  /** 1-based, where it is in one line. */
  readonly line?: number;
  /** A new commit that has the object. */
  readonly commit?: string;
}
