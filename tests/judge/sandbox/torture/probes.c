/* One probe per word of docs on sandboxes: the input is "probe amount text". It prints "GOT: ..." for what it was given
   that a candidate must not get, and "end" when it was let run to its end. The same binary is run without any sandbox
   as the control: there every probe must get what it is after, or it proves nothing.

   Control: `probes --under-parent` runs the probe as the child of a process like itself that it may attack,
   `probes --among-others` also in a pid namespace of its own with a bystander, so that signals to all hit only these. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/vm_sockets.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CANNOT_CONTROL = 77 };
static long amount;
static char text[1024];

static void got(const char *what) { printf("GOT: %s\n", what); }
static int is_got(long result, const char *what) {
  if (result >= 0) got(what);
  return result >= 0;
}

static void read_of(const char *path) {
  char bytes[64];
  int fd = open(path, O_RDONLY);
  if (fd >= 0 && read(fd, bytes, sizeof bytes) > 0) got(path);
  if (fd >= 0) close(fd);
}

/* Network. `amount` is the port of a canary that listens, `text` its abstract name. */

static void tcp(void) {
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)amount), .sin_addr = { htonl(0x7f000001) } };
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd >= 0) is_got(connect(fd, (struct sockaddr *)&to, sizeof to), "a connection to loopback");
}

static void udp(void) {
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)amount), .sin_addr = { htonl(0x7f000001) } };
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd >= 0) is_got(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to), "a datagram to loopback");
}

static void abstract(void) {
  struct sockaddr_un to = { .sun_family = AF_UNIX };
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  memcpy(to.sun_path + 1, text, strlen(text));
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(text));
  if (fd >= 0) is_got(connect(fd, (struct sockaddr *)&to, size), "a connection by an abstract name");
}

static void vsock(void) { is_got(socket(AF_VSOCK, SOCK_STREAM, 0), "a socket to the hypervisor"); }
static void netlink(void) { is_got(socket(AF_NETLINK, SOCK_RAW, 0), "a netlink socket"); }

/* Files. `text` is a file that the test made and everybody may read. */

static void host_file(void) {
  read_of(text);
  for (int i = 0; i < 64; i++) if (chdir("..")) break;
  if (*text) read_of(text + 1);
}

static void passwd(void) { read_of("/etc/passwd"); }

static void procfs(void) {
  const char *paths[] = { "/proc/1/cmdline", "/proc/self/status", "/proc/self/maps", "/proc/self/environ", "/proc/mounts",
                          "/proc/meminfo", "/proc/stat", "/proc/sys/kernel/hostname" };
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) read_of(paths[i]);
}

static void sysfs(void) {
  read_of("/sys/devices/system/cpu/online");
  read_of("/sys/kernel/mm/transparent_hugepage/enabled");
}

static const char *const folders[] = { "/tmp", ".", "/", "/dev/shm", "/var/tmp", "/dev", "/program" };

static void links(int is_hard) {
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    char name[64];
    snprintf(name, sizeof name, "%s/podium-probe-%d", folders[i], (int)getpid());
    if (is_got(is_hard ? link(text, name) : symlink(text, name), is_hard ? "a hard link" : "a symbolic link")) unlink(name);
  }
}

static void symbolic_link(void) { links(0); }
static void hard_link(void) { links(1); }

static void new_file(void) {
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    char name[64];
    snprintf(name, sizeof name, "%s/podium-probe-%d", folders[i], (int)getpid());
    if (is_got(open(name, O_CREAT | O_WRONLY, 0600), "a new file")) unlink(name);
  }
}

static void change_root(void) {
  is_got(chroot("/"), "chroot");
  if (!unshare(CLONE_NEWUSER)) is_got(chroot("/"), "chroot as root of a user namespace");
}

static void inherited(void) {
  struct stat info;
  for (int fd = 3; fd < 1024; fd++) if (!fstat(fd, &info)) got("an inherited descriptor");
}

/* Everybody may write the file that is this probe's input; only the test sees whether that happened. */
static void input_file(void) {
  const char *paths[] = { "/dev/stdin", "/proc/self/fd/0", "/dev/fd/0", text };
  is_got(write(0, "x", 1), "writing to the input");
  is_got(ftruncate(0, 0), "emptying the input");
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) is_got(open(paths[i], O_WRONLY), "the input, to write");
}

/* Processes. The parent is the runner; in the control, a process like this one. */

static void trace(void) {
  pid_t parent = getppid() ? getppid() : 1;
  if (!is_got(ptrace(PTRACE_ATTACH, parent, 0, 0), "tracing the parent")) return;
  waitpid(parent, NULL, __WALL);
  ptrace(PTRACE_DETACH, parent, 0, 0);
}

static void memory_by_call(void) {
  char word[8];
  struct iovec here = { word, sizeof word }, there = { (void *)0x400000, sizeof word };
  is_got(process_vm_readv(getppid() ? getppid() : 1, &here, 1, &there, 1, 0), "the parent's memory");
}

static void memory_by_file(void) {
  char path[64], word[8];
  snprintf(path, sizeof path, "/proc/%d/mem", getppid() ? (int)getppid() : 1);
  int fd = open(path, O_RDWR);
  if (fd >= 0) is_got(pread(fd, word, sizeof word, 0x400000), "the parent's memory");
}

static void descriptor_of_parent(void) {
  int handle = (int)syscall(SYS_pidfd_open, getppid() ? getppid() : 1, 0);
  if (handle >= 0) is_got(syscall(SYS_pidfd_getfd, handle, 1, 0), "a descriptor of the parent");
}

static void signals(void) { is_got(kill(-1, SIGTERM), "signals to everybody"); }

static void stop_parent(void) {
  pid_t parent = getppid() ? getppid() : 1;
  is_got(kill(parent, SIGSTOP), "stopping the parent");
  if (parent != 1) kill(parent, SIGCONT);
}

/* Whoever else is near: the server whose fork this is, the runs before, in the control the parent. A namespace's init
   hears nothing it has not asked for. */
static void neighbours(void) {
  for (pid_t pid = getpid() > 200 ? getpid() - 100 : 2; pid < getpid() + 100; pid++)
    if (pid != getpid() && !syscall(SYS_tgkill, pid, pid, 0)) got("a neighbour to be signalled by tgkill");
    else if (pid != getpid() && !kill(pid, 0)) got("a neighbour to be signalled");
}

static void limits_of_others(void) {
  struct rlimit had;
  for (pid_t pid = getpid() > 200 ? getpid() - 100 : 1; pid < getpid() + 100; pid++)
    if (pid != getpid() && !prlimit(pid, RLIMIT_CPU, NULL, &had)) got("the limits of another");
}

/* Children are left for others to end: the runner, or in the control the end of their namespace. */
static void forks(void) {
  for (long i = 0; i < amount; i++) {
    pid_t pid = fork();
    if (pid == 0) for (;;) pause();
    if (pid > 0) got("a process");
  }
}

static void daemonised(void) {
  pid_t pid = fork();
  if (pid > 0) got("a process"), waitpid(pid, NULL, 0);
  if (pid) return;
  setsid();
  pid = fork();
  if (pid > 0) printf("DAEMON: %d\n", (int)pid);
  if (pid) _exit(0);
  for (;;) pause();
}

/* Burns `amount` milliseconds in a child that nobody waits for. */
static void hidden_children(void) {
  int ends[2];
  char c;
  signal(SIGCHLD, SIG_IGN);
  if (pipe(ends)) return;
  pid_t pid = fork();
  if (pid == 0) {
    while (clock() < amount * CLOCKS_PER_SEC / 1000) continue;
    _exit(0);
  }
  close(ends[1]);
  if (pid > 0 && read(ends[0], &c, 1) == 0) got("a child");
}

static void *wait_for_ever(void *unused) {
  for (;;) pause();
  return unused;
}

static void threads(void) {
  pthread_t thread;
  pthread_attr_t small;
  long n = 0;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 1 << 14);
  while (n < amount && !pthread_create(&thread, &small, wait_for_ever, NULL)) n++;
  if (n > 1000) got("a thousand threads");
}

/* The kernel's other doors. */

static void user_namespace(void) {
  is_got(unshare(CLONE_NEWUSER), "a user namespace");
  long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
  if (pid == 0) _exit(0);
  is_got(pid, "a process in a user namespace");
  struct { uint64_t flags, rest[10]; } wish = { CLONE_NEWUSER, { 0 } };
  pid = syscall(SYS_clone3, &wish, sizeof wish);
  if (pid == 0) _exit(0);
  is_got(pid, "a process in a user namespace");
}

static void mounting(void) {
  if (geteuid() == 0) return; /* it would be the machine's own */
  is_got(mount("none", "/", NULL, MS_REMOUNT | MS_BIND, NULL), "mount");
  is_got(syscall(SYS_fsopen, "tmpfs", 0), "a new file system");
  if (!unshare(CLONE_NEWUSER | CLONE_NEWNS)) is_got(mount("none", "/tmp", "tmpfs", 0, NULL), "mount in a namespace");
}

static void keyring(void) {
  is_got(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0), "the session's keyring");
  is_got(syscall(SYS_add_key, "user", "podium-probe", "x", 1, KEY_SPEC_PROCESS_KEYRING), "a key");
}

static void io_uring(void) {
  struct io_uring_params wish;
  memset(&wish, 0, sizeof wish);
  is_got(syscall(SYS_io_uring_setup, 4, &wish), "io_uring");
}

static void bpf(void) {
  union bpf_attr map;
  memset(&map, 0, sizeof map);
  map.map_type = BPF_MAP_TYPE_ARRAY;
  map.key_size = 4, map.value_size = 4, map.max_entries = 1;
  is_got(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map), "a BPF map");
}

static void shared_memory(void) {
  int id = shmget(IPC_PRIVATE, 4096, 0600 | IPC_CREAT);
  if (is_got(id, "shared memory")) shmctl(id, IPC_RMID, NULL);
}

/* Limits. */

static void output(void) {
  static char block[1 << 20];
  memset(block, 'a', sizeof block);
  for (long i = 0; i < amount; i++) if (write(1, block, sizeof block) < 0) exit(5);
  fprintf(stderr, "GOT: all of the output\n");
}

static void heap(void) {
  for (long i = 0; i < amount; i++) {
    char *block = malloc(1 << 20);
    if (!block) exit(6);
    memset(block, 1, 1 << 20);
  }
  got("all of the memory");
}

static void asleep(void) { for (;;) sleep(1000); }
static void stopped(void) { for (;;) raise(SIGSTOP); }

static void spinning(void) {
  for (int s = 1; s < 64; s++) signal(s, SIG_IGN);
  for (;;) continue;
}

#define EACH(f) f(tcp) f(udp) f(abstract) f(vsock) f(netlink) f(host_file) f(passwd) f(procfs) f(sysfs) f(symbolic_link) \
  f(hard_link) f(new_file) f(change_root) f(inherited) f(input_file) f(trace) f(memory_by_call) f(memory_by_file) \
  f(descriptor_of_parent) f(signals) f(stop_parent) f(neighbours) f(limits_of_others) \
  f(forks) f(daemonised) f(hidden_children) f(threads) f(user_namespace) f(mounting) f(keyring) f(io_uring) f(bpf) f(shared_memory) f(output) f(heap) f(asleep) f(stopped) \
  f(spinning)
#define ENTRY(name) { #name, name },

static int probe(void) {
  static const struct { const char *name; void (*run)(void); } probes[] = { EACH(ENTRY) };
  char name[64] = "";
  if (scanf("%63s %ld %1023s", name, &amount, text) < 2) return 9;
  setvbuf(stdout, NULL, _IONBF, 0);
  for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
    if (!strcmp(name, probes[i].name)) {
      probes[i].run();
      puts("end");
      return 0;
    }
  return 8;
}

int main(int argc, char **argv) {
  if (argc < 2) return probe();
  struct { int what; rlim_t most; } bounds[] = { /* nothing holds the control, so it is never given more than this */
    { RLIMIT_NPROC, 2000 }, { RLIMIT_AS, 1l << 30 }, { RLIMIT_CPU, 10 }, { RLIMIT_FSIZE, 64 << 20 }, { RLIMIT_CORE, 0 } };
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
    if (setrlimit(bounds[i].what, &(struct rlimit){ bounds[i].most, bounds[i].most })) return CANNOT_CONTROL;
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  if (!strcmp(argv[1], "--among-others")) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID)) return CANNOT_CONTROL;
    pid_t init = fork(); /* the namespace's first process; the rest die with it */
    if (init) {
      int status;
      return init > 0 && waitpid(init, &status, 0) > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    if (fork() == 0) asleep();
  }
  pid_t child = fork();
  if (child == 0) return probe();
  int status;
  while (waitpid(child, &status, 0) < 0) if (errno != EINTR) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
