/* What a program may ask of the kernel: two seccomp filters and, where there are no namespaces, a Landlock ruleset. */
#ifndef PODIUM_CONFINE_H
#define PODIUM_CONFINE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#else
#error "the seccomp filter knows x86-64 and aarch64"
#endif

/* Numbers that are the same on every architecture and newer than some C libraries' headers. */
enum { NR_landlock_create_ruleset = 444, NR_landlock_add_rule = 445, NR_landlock_restrict_self = 446 };
enum { NR_fchmodat2 = 452, NR_setxattrat = 463, NR_removexattrat = 466, NR_file_setattr = 469 };
enum { MAX_FILTER = 40, CLONE_NAMESPACES = 0x7e020080 }; /* every CLONE_NEW* flag clone() knows */

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_HIGH(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field) + 4)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define IF_EQ(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define IF_GE(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), (yes), (no))
#define IF_ANY(bits, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), (yes), (no))
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EPERM)

/* Stage 1, once, inherited by every run: what neither the runner nor any program needs. A denylist, because libraries
   differ in what they call; the kernel caches its "allow" answers, so its length costs nothing per call. */
static const int refused_always[] = {
#ifdef SYS_socket
  SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
#endif
  SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_send_signal, SYS_tkill,
  SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_move_pages, SYS_migrate_pages,
  SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr, SYS_setpriority, SYS_ioprio_set,
  SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_swapon, SYS_swapoff, SYS_quotactl,
  SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup,
  SYS_io_uring_enter, SYS_io_uring_register, SYS_io_setup, SYS_shmget, SYS_shmat, SYS_shmctl, SYS_msgget, SYS_msgsnd,
  SYS_msgrcv, SYS_msgctl, SYS_semget, SYS_semop, SYS_semctl, SYS_semtimedop, SYS_mq_open, SYS_mq_unlink,
  SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_inotify_init1, SYS_fanotify_init, SYS_personality, SYS_acct,
  SYS_reboot, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_syslog, SYS_settimeofday,
  SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname, SYS_vhangup,
  /* memory outside every limit: the runner has made its own by now */
  SYS_memfd_create,
  /* An open file can be changed by its owner, however it was opened: the tests' inputs on disk, where programs run as
     ourselves, and the outputs that one run leaves to the next. By path nothing outside the sandbox can be reached. */
  SYS_fchmod, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_fsetxattr, SYS_fremovexattr, NR_fchmodat2, NR_setxattrat,
  NR_removexattrat, NR_file_setattr,
#ifdef SYS_inotify_init
  SYS_inotify_init,
#endif
#ifdef SYS_modify_ldt
  SYS_modify_ldt, SYS_iopl, SYS_ioperm,
#endif
#ifdef SYS_open_tree
  SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
#endif
#ifdef SYS_pidfd_getfd
  SYS_pidfd_getfd,
#endif
#ifdef SYS_process_madvise
  SYS_process_madvise,
#endif
#ifdef SYS_mount_setattr
  SYS_mount_setattr,
#endif
#ifdef SYS_memfd_secret
  SYS_memfd_secret,
#endif
#ifdef SYS_process_mrelease
  SYS_process_mrelease,
#endif
};

/* Landlock says nothing of modes, owners, times and attributes; without a private file system they are refused here. */
static const int refused_on_shared_files[] = {
#ifdef SYS_chmod
  SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
  SYS_fchmodat, SYS_truncate, SYS_setxattr, SYS_lsetxattr, SYS_removexattr, SYS_lremovexattr,
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int install_filter(struct sock_filter *code, size_t n) {
  struct sock_fprog program = { (unsigned short)n, code };
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* Returns 0, or -1 with errno. Needs PR_SET_NO_NEW_PRIVS. */
static int confine_all_runs(int on_shared_files, int may_pair) {
  static struct sock_filter code[64 + 2 * (COUNT(refused_always) + COUNT(refused_on_shared_files))];
  size_t n = 0;
  const struct sock_filter head[] = {
    LOAD(arch), IF_EQ(OWN_ARCH, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr),
    IF_GE(0x40000000, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS), /* the x32 numbers of the same calls */
    /* other processes' limits: a program could choke the runner, whose uid it shares */
    IF_EQ(SYS_prlimit64, 0, 4), LOAD(args[0]), IF_EQ(0, 0, 1), RETURN(SECCOMP_RET_ALLOW), REFUSE,
    /* Copying a descriptor, its flags. The rest stays with the open file and so marks the next run (F_OFD_SETLK), or
       sends signals of choice to any process of our uid (F_SETOWN, F_SETSIG). */
    IF_EQ(SYS_fcntl, 0, 8), LOAD(args[1]), IF_EQ(F_DUPFD_CLOEXEC, 5, 0), IF_GE(F_GETLK, 0, 4),
    IF_EQ(F_SETLK, 2, 0), IF_EQ(F_SETLKW, 1, 0),
    RETURN(SECCOMP_RET_ERRNO | EINVAL), RETURN(SECCOMP_RET_ERRNO | 0), RETURN(SECCOMP_RET_ALLOW),
    /* Locking seems to work and does nothing: candidates that run at once share their inputs' files, and would have
       told each other by locks on them. */
    IF_EQ(SYS_flock, 0, 1), RETURN(SECCOMP_RET_ERRNO | 0),
    /* Setting SIGCHLD seems to work and does nothing: the time of children whose parent ignores it is counted nowhere. */
    IF_EQ(SYS_rt_sigaction, 0, 8), LOAD(args[0]), IF_EQ(SIGCHLD, 0, 5), LOAD(args[1]), IF_EQ(0, 0, 2),
    LOAD_HIGH(args[1]), IF_EQ(0, 1, 0), RETURN(SECCOMP_RET_ERRNO | 0), RETURN(SECCOMP_RET_ALLOW),
    /* Joined pairs of sockets reach nobody; compilers and virtual machines make them. Not of datagrams, which could be
       sent elsewhere. */
    IF_EQ(may_pair ? SYS_socketpair : ~0u, 0, 8), LOAD(args[0]), IF_EQ(AF_UNIX, 0, 4), LOAD(args[1]),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf), IF_EQ(SOCK_STREAM, 2, 0), IF_EQ(SOCK_SEQPACKET, 1, 0), REFUSE,
    RETURN(SECCOMP_RET_ALLOW),
    /* the old terminal and pipe calls, which have no size in their number; others set attributes of files */
    IF_EQ(SYS_ioctl, 0, 4), LOAD(args[1]), IF_GE(0x10000, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOTTY),
    RETURN(SECCOMP_RET_ALLOW) };
  for (size_t i = 0; i < COUNT(head); i++) code[n++] = head[i];
  for (size_t i = 0; i < COUNT(refused_always); i++) {
    code[n++] = (struct sock_filter)IF_EQ((uint32_t)refused_always[i], 0, 1);
    code[n++] = (struct sock_filter)REFUSE;
  }
  for (size_t i = 0; on_shared_files && i < COUNT(refused_on_shared_files); i++) {
    code[n++] = (struct sock_filter)IF_EQ((uint32_t)refused_on_shared_files[i], 0, 1);
    code[n++] = (struct sock_filter)REFUSE;
  }
  code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
  return install_filter(code, n);
}

/* Stage 2, of every run, so kept short (a rule costs about 1.7 microseconds): what the runner itself needs. Without
   namespaces signals may go to the program itself only (`own`, else 0), and it must stay tied to the runner's life.
   A fork server and its forks, of which each run is one, share theirs: signals must not reach `server` (else 0), and
   only who knows `key` forks. Returns the number of rules, at most MAX_FILTER. */
static size_t one_run_filter(struct sock_filter *code, int may_fork, pid_t own, pid_t server, uint64_t key) {
  size_t n = 0;
#define ADD(...) do { const struct sock_filter add[] = { __VA_ARGS__ }; \
    for (size_t i = 0; i < COUNT(add); i++) code[n++] = add[i]; } while (0)
  ADD(LOAD(nr), IF_EQ(SYS_clone3, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS)); /* its flags lie in memory */
  ADD(IF_EQ(SYS_sched_setaffinity, 0, 1), REFUSE); /* the runner and what it runs are kept to a core */
  if (may_fork) {
    ADD(IF_EQ(SYS_clone, 0, 4), LOAD(args[0]), IF_ANY(CLONE_NAMESPACES, 0, 1), REFUSE, RETURN(SECCOMP_RET_ALLOW));
  } else {
    const uint8_t n_key = server ? 5 : 0;
    ADD(IF_EQ(SYS_clone, 0, 4 + n_key), LOAD(args[0]), IF_ANY(CLONE_THREAD, 0, 1), RETURN(SECCOMP_RET_ALLOW));
    if (server) ADD(LOAD(args[5]), IF_EQ((uint32_t)key, 0, 3), LOAD_HIGH(args[5]), IF_EQ((uint32_t)(key >> 32), 0, 1), RETURN(SECCOMP_RET_ALLOW));
    ADD(REFUSE);
#ifdef SYS_fork
    ADD(IF_EQ(SYS_fork, 1, 0), IF_EQ(SYS_vfork, 0, 1), REFUSE);
#endif
  }
  if (own) {
    ADD(IF_EQ(SYS_tgkill, 1, 0), IF_EQ(SYS_kill, 0, 4), LOAD(args[0]), IF_EQ((uint32_t)own, 0, 1),
        RETURN(SECCOMP_RET_ALLOW), REFUSE);
    ADD(IF_EQ(SYS_prctl, 0, 3), LOAD(args[0]), IF_EQ(PR_SET_PDEATHSIG, 0, 1), REFUSE);
  } else if (!may_fork) {
    ADD(IF_EQ(SYS_kill, 0, 1), REFUSE);
  }
  if (server) ADD(IF_EQ(SYS_tgkill, 0, 3), LOAD(args[0]), IF_EQ((uint32_t)server, 0, 1), REFUSE);
  ADD(RETURN(SECCOMP_RET_ALLOW));
#undef ADD
  return n;
}

/* Landlock by the stable numbers of its interface, so that old headers will do. */
enum {
  LANDLOCK_READ = 1 << 0 | 1 << 2 | 1 << 3, /* execute, read file, read directory */
  LANDLOCK_V1 = (1 << 13) - 1,
  LANDLOCK_REFER = 1 << 13,
  LANDLOCK_TRUNCATE = 1 << 14,
  LANDLOCK_IOCTL_DEV = 1 << 15,
};

typedef struct {
  uint64_t fs, net, scoped;
} landlock_handled;

static int landlock_abi(void) { return (int)syscall(NR_landlock_create_ruleset, NULL, 0, 1 /* version */); }

/* A new ruleset that refuses everything this kernel's Landlock knows. Returns its descriptor, or -1 with errno. */
static int landlock_ruleset(uint64_t *handled_fs) {
  int abi = landlock_abi();
  if (abi < 1) return -1;
  landlock_handled handled = { LANDLOCK_V1, 0, 0 };
  if (abi >= 2) handled.fs |= LANDLOCK_REFER;
  if (abi >= 3) handled.fs |= LANDLOCK_TRUNCATE;
  if (abi >= 5) handled.fs |= LANDLOCK_IOCTL_DEV;
  if (abi >= 4) handled.net = 3;    /* bind, connect over TCP */
  if (abi >= 6) handled.scoped = 3; /* abstract sockets, signals */
  *handled_fs = handled.fs;
  size_t size = abi >= 6 ? sizeof handled : abi >= 4 ? 16 : 8;
  return (int)syscall(NR_landlock_create_ruleset, &handled, size, 0);
}

/* Lets `path` and what lies below be read and run, and written where `is_writable`. Returns 0, or -1 with errno. */
static int landlock_allow(int ruleset, uint64_t handled_fs, const char *path, int is_writable) {
  struct {
    uint64_t access;
    int32_t parent;
  } __attribute__((packed)) rule = { is_writable ? handled_fs : LANDLOCK_READ, open(path, O_PATH | O_CLOEXEC) };
  struct stat info;
  if (rule.parent < 0 || fstat(rule.parent, &info)) return -1;
  if (!S_ISDIR(info.st_mode)) /* the rights a single file can have */
    rule.access &= 1 << 0 | 1 << 1 | 1 << 2 | LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEV;
  rule.access &= handled_fs;
  int failed = (int)syscall(NR_landlock_add_rule, ruleset, 1 /* path beneath */, &rule, 0);
  close(rule.parent);
  return failed;
}

#endif
