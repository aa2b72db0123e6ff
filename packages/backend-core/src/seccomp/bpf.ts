/** One instruction of classic BPF: `struct sock_filter` of linux/filter.h. */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

// linux/bpf_common.h: BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_JMP|BPF_JGE|BPF_K, BPF_JMP|BPF_JSET|BPF_K, BPF_RET|BPF_K.
const codes = { load: 0x20, jumpEqual: 0x15, jumpAtLeast: 0x35, jumpBits: 0x45, return: 0x06 } as const;

/** Loads the 32-bit word at a byte offset of `struct seccomp_data`. */
export function load(offset: number): Instruction {
  return { code: codes.load, jt: 0, jf: 0, k: offset };
}

/** Goes on with the next instruction if the test holds, else skips `skip` of them. */
export function unlessSkip(test: "equal" | "at-least" | "any-bits", value: number, skip: number): Instruction {
  const code = { equal: codes.jumpEqual, "at-least": codes.jumpAtLeast, "any-bits": codes.jumpBits }[test];
  return { code, jt: 0, jf: skip, k: value };
}

/** Ends with a verdict: SECCOMP_RET_* of linux/seccomp.h, with its data. */
export function verdict(value: number): Instruction {
  return { code: codes.return, jt: 0, jf: 0, k: value };
}

/** The instructions as the kernel reads them, little-endian, 8 bytes each. A jump over 255 cannot be written and throws. */
export function assemble(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jt, jf, k }] of instructions.entries()) {
    if (jt > 255 || jf > 255) throw new RangeError(`Instruction ${index} jumps over ${Math.max(jt, jf)}; BPF allows 255.`);
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k >>> 0, true);
  }
  return bytes;
}
