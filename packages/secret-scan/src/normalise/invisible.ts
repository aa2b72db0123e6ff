/** First and last code point of each run of what is not seen. Sorted. */
const ranges: readonly (readonly [from: number, to: number])[] = [
  // C0, DEL and C1.
  [0x0000, 0x001f], [0x007f, 0x009f],
  // Soft hyphen, combining grapheme joiner, Arabic letter mark, Hangul and Khmer fillers, Mongolian selectors.
  [0x00ad, 0x00ad], [0x034f, 0x034f], [0x061c, 0x061c], [0x115f, 0x1160], [0x17b4, 0x17b5], [0x180b, 0x180f],
  // Zero width and direction; line and paragraph separators; embeddings; word joiner, invisible operators, isolates.
  [0x200b, 0x200f], [0x2028, 0x202e], [0x2060, 0x206f],
  // Braille blank; Hangul filler; variation selectors; byte order mark; half-width filler; interlinear annotation.
  [0x2800, 0x2800], [0x3164, 0x3164], [0xfe00, 0xfe0f], [0xfeff, 0xfeff], [0xffa0, 0xffa0], [0xfff0, 0xfffb],
  // Shorthand and musical controls; tags; variation selectors' supplement.
  [0x1bca0, 0x1bca3], [0x1d173, 0x1d17a], [0xe0000, 0xe0fff],
];

/** Space_Separator beyond ASCII (Unicode general category Zs). */
export const spaces: ReadonlySet<string> = new Set("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000");

/** What a reader sees nothing of where it stands, and the spaces. */
export const unseen: RegExp = new RegExp(`[${[...ranges, ...[...spaces].map((space) => [space.charCodeAt(0), space.charCodeAt(0)] as const)]
  .map(([from, to]) => `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`).join("")}]`, "gu");
