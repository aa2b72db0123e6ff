import { createCarry, type Carry } from "./known/matcher.ts";

/**
 * What went to one host, as far as a known value that has begun in it may go on in what comes: for all values together, and for each
 * field's name. Holds less than 64 KiB together, and drops what was used longest ago. Holds what the sender sent, no secret of ours
 * unless he sent it.
 */
export interface ScanMemory {
  /** Where the values of this field go on from; without a name, all values. */
  of(field?: string): Carry;
}

const mostFields = 64;
const mostBytes = 64 << 10;

export function createMemory(): ScanMemory {
  const all = createCarry();
  const fields = new Map<string, Carry>();
  let newest: string | undefined;
  return {
    of(field) {
      if (field === undefined) return all;
      const known = fields.get(field);
      const carry = known ?? createCarry();
      if (known === undefined || field !== newest) {
        fields.delete(field);
        fields.set(field, carry);
        newest = field;
      }
      let bytes = 0;
      for (const { bytes: held } of fields.values()) bytes += held.length;
      for (const [oldest, { bytes: held }] of fields) {
        if (fields.size <= mostFields && bytes <= mostBytes) break;
        bytes -= held.length;
        fields.delete(oldest);
      }
      return carry;
    },
  };
}
