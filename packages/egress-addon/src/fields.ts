// RFC 9110 5.1 and 5.5.
const name = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const value = /^[\t\x20-\x7e\x80-\xff]*$/;
// With CRLF alone for a line's end: no folding, no blank before the colon, no bare CR or LF.
const fieldLines = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;

/** Whether a text is a field's name. */
export function isFieldName(text: string): boolean {
  return name.test(text);
}

/** Whether a text, each character a byte, can be a field's value. Name and value are asked for each by itself: a line's end within one would make two fields of it. */
export function isFieldValue(text: string): boolean {
  return value.test(text);
}

/** Reads field lines, each with its CRLF, from `start` on. `undefined` if one is malformed. */
export function parseFields(text: string, start: number): string[] | undefined {
  if (!fieldLines.test(start === 0 ? text : text.slice(start))) return undefined;
  const fields: string[] = [];
  for (let at = start; at < text.length;) {
    const colon = text.indexOf(":", at);
    const end = text.indexOf("\r\n", colon);
    fields.push(text.slice(at, colon), trim(text, colon + 1, end));
    at = end + 2;
  }
  return fields;
}

// Blanks and tabs alone: `String.trim` also takes what Latin-1 has beyond them for space.
function trim(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
