/** One family of secrets, told by its shape. */
export interface SecretPattern {
  /** Stable kebab-case, for example "github-token". */
  readonly id: string;
  readonly title: string;
  readonly severity: "critical" | "high" | "medium" | "low";
  /** Lower-case ASCII texts, one of which is in every match (compared without case): the prefilter. */
  readonly literals: readonly string[];
  /** Flags "gi" or "g", linear-time: no nested or adjacent overlapping quantifiers, bounded repeats. */
  readonly regexp: RegExp;
  /** How many characters before one of its literals each match begins at most: it is tried from those places alone. For literals that are in many texts. */
  readonly startsWithin?: number;
  /**
   * Each match is a token: it begins with one of its literals, after no letter or digit, and within 8 characters of there 16 digits of base64 or more are in a
   * row. It is looked for near those alone. For literals that are too short, or in too many words, to be looked for everywhere.
   */
  readonly isToken?: true;
  /** Checksum or shape. */
  readonly check?: (match: string) => boolean;
}
