/* Probes of the sandbox: the first word of the input names one. Each prints a line "ESCAPED: ..." for whatever it got
   that it must not get, and "end" when it was let run to its end. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static void got(const char *what) { printf("ESCAPED: %s\n", what); }
static void check(long result, const char *what) { if (result >= 0) got(what); }

static void can_read(const char *path) {
  char bytes[64];
  int fd = open(path, O_RDONLY);
  if (fd >= 0 && read(fd, bytes, sizeof bytes) > 0) got(path);
  if (fd >= 0) close(fd);
}

static void network(void) {
  check(socket(AF_INET, SOCK_STREAM, 0), "TCP socket");
  check(socket(AF_INET, SOCK_DGRAM, 0), "UDP socket");
  check(socket(AF_UNIX, SOCK_STREAM, 0), "unix socket");
  check(socket(40, SOCK_STREAM, 0), "vsock socket");
  check(socket(AF_NETLINK, SOCK_RAW, 0), "netlink socket");
  int pair[2];
  check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socket pair");
}

static void files(void) {
  const char *paths[] = { "/etc/passwd", "/etc/hostname", "/etc/shadow", "/proc/1/environ",
                          "/proc/self/maps", "/proc/self/status", "/proc/meminfo", "/sys/kernel/mm/ksm/run", "/runner" };
  for (size_t i = 0; i < sizeof paths / sizeof *paths - 1; i++) can_read(paths[i]);
  for (int i = 0; i < 30; i++) if (chdir("..")) break;
  can_read("etc/passwd");
}

static void writes(void) {
  const char *paths[] = { "/tmp/podium-probe", "podium-probe", "/podium-probe", "/dev/shm/podium-probe",
                          "/var/tmp/podium-probe", "/program" };
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) check(open(paths[i], O_CREAT | O_WRONLY, 0644), paths[i]);
  check(mkdir("/tmp/podium-folder", 0755), "folder in /tmp");
  check(symlink("/etc/passwd", "/tmp/podium-link"), "symbolic link");
  check(link("/etc/passwd", "/tmp/podium-hard"), "hard link");
  check(chmod("/program", 0777), "mode of the program");
  check(chroot("."), "chroot");
  check(write(0, "x", 1), "writing into the input");
  check(ftruncate(0, 0), "emptying the input");
}

static void inherited(void) {
  struct stat info;
  for (int fd = 3; fd < 256; fd++) if (!fstat(fd, &info)) got("an inherited descriptor");
  if (getenv("HOME") && strcmp(getenv("HOME"), "/")) got("the worker's environment");
  if (getenv("PODIUM_CANARY")) got("the worker's environment");
}

static void kernel(void) {
  check(unshare(CLONE_NEWUSER), "new user namespace");
  check(mount("none", "/", NULL, MS_REMOUNT, NULL), "mount");
  check(syscall(SYS_keyctl, 0, -3, 0), "keyring");
  check(syscall(SYS_io_uring_setup, 8, calloc(1, 200)), "io_uring");
  check(syscall(SYS_bpf, 0, calloc(1, 200), 100), "bpf");
  check(syscall(SYS_perf_event_open, calloc(1, 200), 0, -1, -1, 0), "perf events");
  check(syscall(SYS_shmget, 1234, 4096, 01666), "shared memory");
  check(syscall(SYS_mq_open, "podium", O_CREAT | O_RDWR, 0600, NULL), "message queue");
  check(syscall(SYS_userfaultfd, 0), "userfaultfd");
  check(syscall(SYS_personality, 0), "personality");
  check(syscall(SYS_clone3, calloc(1, 88), 88), "clone3");
}

static void neighbours(void) {
  int parent = getppid() ? getppid() : 1;
  struct rlimit tight = { 1, 1 };
  check(ptrace(PTRACE_ATTACH, parent, 0, 0), "tracing the parent");
  check(kill(parent, SIGKILL), "killing the parent");
  check(kill(1, SIGKILL), "killing pid 1");
  check(kill(-1, SIGTERM), "signals to all");
  syscall(SYS_tgkill, parent, parent, SIGSTOP); /* to a namespace's init it is let through, without effect */
  check(syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, parent, 0), SIGSTOP, NULL, 0), "stopping the parent by pidfd");
  check(prlimit(parent, RLIMIT_CPU, &tight, NULL), "the parent's limits");
  check(setpriority(PRIO_PROCESS, (id_t)parent, 19), "the parent's priority");
  int seen = 0;
  for (int pid = 2; pid < 5000; pid++) if (pid != getpid() && !kill(pid, 0)) seen++;
  if (seen) got("other processes");
}

static void limits(void) {
  struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
  int kinds[] = { RLIMIT_AS, RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_CORE };
  for (int i = 0; i < 5; i++) check(setrlimit(kinds[i], &all), "raising a limit");
}

static void processes(void) {
  for (int i = 0; i < 100; i++) {
    pid_t pid = fork();
    if (pid == 0) for (;;) pause();
    if (pid > 0) got("a forked process");
  }
  if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) == 0) _exit(0);
  pid_t pid = vfork();
  if (pid == 0) _exit(0);
  if (pid > 0) got("a vforked process");
}

static void *wait_for_ever(void *unused) { for (;;) pause(); return unused; }

static void threads(void) {
  pthread_t thread;
  pthread_attr_t small;
  int n = 0;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 1 << 16);
  while (n < 2000 && !pthread_create(&thread, &small, wait_for_ever, NULL)) n++;
  printf("%d threads\n", n);
  if (n > 64) got("many threads");
}

static void mark(void) {
  if (fcntl(1, F_GETFL) & O_APPEND || fcntl(2, F_GETFL) & O_APPEND) got("the mark of an earlier run");
  fcntl(1, F_SETFL, O_APPEND);
  fcntl(2, F_SETFL, O_APPEND); /* nothing is written there */
  flock(1, LOCK_EX);
  char c;
  if (pread(1, &c, 1, 0) == 1) got("the output of an earlier run");
}

/* What stays with an open file after the run: the outputs are handed to the next one, the input lies on disk. */
static void remains(void) {
  struct timespec times[2] = { { 12345, 0 }, { 12345, 0 } };
  struct flock range = { .l_type = F_WRLCK, .l_start = 1000, .l_len = 1 };
  int attributes = 0;
  for (int fd = 0; fd < 3; fd++) {
    check(fchmod(fd, 0600), "mode of an open file");
    check(fchown(fd, getuid(), getgid()), "owner of an open file");
    check(futimens(fd, times), "times of an open file");
    check(fsetxattr(fd, "user.x", "1", 1, 0), "extended attributes of an open file");
    check(syscall(452, fd, "", 0600, AT_EMPTY_PATH), "mode of an open file by its newer call");
    check(ioctl(fd, FS_IOC_GETFLAGS, &attributes), "attributes of an open file");
    check(fcntl(fd, F_OFD_SETLK, &range), "a lock that outlives the run");
    check(fcntl(fd, F_SETLEASE, F_RDLCK), "a lease");
    check(fcntl(fd, F_SETSIG, SIGKILL), "a signal of choice");
    check(fcntl(fd, F_SETOWN, getpid()), "a receiver of signals");
  }
  check(memfd_create("podium", 0), "memory outside the limit");
}

static void output(int fd) {
  static char block[1 << 20];
  memset(block, 'a', sizeof block);
  for (int i = 0; i < 1024; i++) if (write(fd, block, sizeof block) < 0) exit(5);
  fprintf(stderr, "ESCAPED: a GiB of output\n");
}

static int deep(int n) {
  volatile char frame[1000];
  frame[0] = (char)n;
  return n ? deep(n - 1) + frame[0] - frame[0] : 0;
}

static void burn(double seconds) {
  struct timespec t;
  do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); while ((double)t.tv_sec + 1e-9 * (double)t.tv_nsec < seconds);
}

int main(void) {
  char what[64] = "";
  double amount = 0;
  if (scanf("%63s %lf", what, &amount) < 1) return 9;
  setbuf(stdout, NULL);
  if (!strcmp(what, "network")) network();
  if (!strcmp(what, "files")) files();
  if (!strcmp(what, "writes")) writes();
  if (!strcmp(what, "inherited")) inherited();
  if (!strcmp(what, "kernel")) kernel();
  if (!strcmp(what, "neighbours")) neighbours();
  if (!strcmp(what, "limits")) limits();
  if (!strcmp(what, "processes")) processes();
  if (!strcmp(what, "bomb")) for (;;) if (fork() < 0) break;
  if (!strcmp(what, "threads")) threads();
  if (!strcmp(what, "mark")) mark();
  if (!strcmp(what, "remains")) remains();
  if (!strcmp(what, "output")) output(1);
  if (!strcmp(what, "errors")) output(2);
  if (!strcmp(what, "hole")) check(ftruncate(1, 1l << 40), "a huge output file");
  if (!strcmp(what, "sleep")) for (;;) sleep(1000);
  if (!strcmp(what, "stop")) for (;;) syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
  if (!strcmp(what, "memory")) for (char *p; (p = malloc(1 << 20)); ) memset(p, 1, 1 << 20);
  if (!strcmp(what, "use")) { size_t n = (size_t)(amount * (1 << 20)); memset(malloc(n), 1, n); }
  if (!strcmp(what, "deep")) printf("%d\n", deep((int)amount));
  if (!strcmp(what, "burn")) burn(amount);
  if (!strcmp(what, "abort")) abort();
  if (!strcmp(what, "crash")) *(volatile int *)16 = 1;
  if (!strcmp(what, "code")) return (int)amount;
  if (!strcmp(what, "ignore")) {
    for (int s = 1; s < 64; s++) signal(s, SIG_IGN);
    burn(1000);
  }
  if (!strcmp(what, "memory")) return 6;
  puts("end");
  return 0;
}
