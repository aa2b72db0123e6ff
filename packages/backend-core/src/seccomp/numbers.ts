/** System calls no agent needs, by name, with their numbers. [x86-64, arm64]; null: not on that architecture.
 * Sources: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of the Linux kernel. */
export const refusedCalls: Readonly<Record<string, readonly [number | null, number | null]>> = {
  // New views of the system, and changes to the one there is.
  unshare: [272, 97], setns: [308, 268], mount: [165, 40], umount2: [166, 39], pivot_root: [155, 41], chroot: [161, 51],
  move_mount: [429, 429], open_tree: [428, 428], fsopen: [430, 430], fsconfig: [431, 431], fsmount: [432, 432], fspick: [433, 433],
  mount_setattr: [442, 442], open_tree_attr: [467, 467],
  // Kernel subsystems with a long record of holes.
  bpf: [321, 280], perf_event_open: [298, 241], userfaultfd: [323, 282], io_uring_setup: [425, 425], io_uring_enter: [426, 426],
  io_uring_register: [427, 427], add_key: [248, 217], request_key: [249, 218], keyctl: [250, 219], fanotify_init: [300, 262],
  // Other processes' memory and descriptors.
  ptrace: [101, 117], process_vm_readv: [310, 270], process_vm_writev: [311, 271], pidfd_getfd: [438, 438], kcmp: [312, 272],
  process_madvise: [440, 440],
  // The machine itself.
  kexec_load: [246, 104], kexec_file_load: [320, 294], init_module: [175, 105], finit_module: [313, 273], delete_module: [176, 106],
  create_module: [174, null], query_module: [178, null], get_kernel_syms: [177, null], reboot: [169, 142], swapon: [167, 224],
  swapoff: [168, 225], acct: [163, 89], quotactl: [179, 60], quotactl_fd: [443, 443], syslog: [103, 116], settimeofday: [164, 170],
  clock_settime: [227, 112], clock_adjtime: [305, 266], adjtimex: [159, 171], sethostname: [170, 161], setdomainname: [171, 162],
  iopl: [172, null], ioperm: [173, null], vhangup: [153, 58], move_pages: [279, 239], migrate_pages: [256, 238], mbind: [237, 235],
  // Files by handle go round the mounts.
  name_to_handle_at: [303, 264], open_by_handle_at: [304, 265],
  // Obsolete.
  uselib: [134, null], ustat: [136, null], sysfs: [139, null], _sysctl: [156, null], lookup_dcookie: [212, 18], nfsservctl: [180, 42],
  afs_syscall: [183, null], tuxcall: [184, null], security: [185, null], vserver: [236, null], getpmsg: [181, null], putpmsg: [182, null],
};

/** System calls whose arguments decide, with their numbers. [x86-64, arm64] */
export const judgedCalls = {
  clone: [56, 220], clone3: [435, 435], ioctl: [16, 29], socket: [41, 198], personality: [135, 92], openat2: [437, 437],
  kill: [62, 129], fcntl: [72, 25],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

/** System calls that give a file its mode: their numbers, [x86-64, arm64], and which argument the mode is. */
export const modeCalls: Readonly<Record<string, { readonly numbers: readonly [number | null, number | null]; readonly mode: number; readonly flags?: number }>> = {
  chmod: { numbers: [90, null], mode: 1 }, fchmod: { numbers: [91, 52], mode: 1 }, fchmodat: { numbers: [268, 53], mode: 2 },
  fchmodat2: { numbers: [452, 452], mode: 2 }, creat: { numbers: [85, null], mode: 1 }, mknod: { numbers: [133, null], mode: 1 },
  mknodat: { numbers: [259, 33], mode: 2 },
  // Their mode counts only if the flags say that a file is made.
  open: { numbers: [2, null], flags: 1, mode: 2 }, openat: { numbers: [257, 56], flags: 2, mode: 3 },
};

/** System calls that send a signal to somebody: their numbers, [x86-64, arm64], and which argument the signal is. */
export const signalCalls: Readonly<Record<string, { readonly numbers: readonly [number, number]; readonly signal: number }>> = {
  tkill: { numbers: [200, 130], signal: 1 }, tgkill: { numbers: [234, 131], signal: 2 }, rt_sigqueueinfo: { numbers: [129, 138], signal: 1 },
  rt_tgsigqueueinfo: { numbers: [297, 240], signal: 2 }, pidfd_send_signal: { numbers: [424, 424], signal: 1 },
};
