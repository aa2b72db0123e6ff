/** Where a text stood in a request. */
export type Place = "host" | "path" | "query" | "header" | "body";

/** Rules that also meet what is no secret, so nobody has them who does not ask for them. */
export interface Pack {
  readonly id: string;
  /** The ids of the rules that found something; never what they found. Total, never throws. */
  find(text: string, place: Place): readonly string[];
}
