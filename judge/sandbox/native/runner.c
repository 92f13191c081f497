/* The in-sandbox runner: pid 1 of one sandbox, runs one program on every input it is handed and reports each run.

   usage: runner [--as UID COMMAND ... | key=value ... -- program argument ...]
   fd 0: control, a SOCK_SEQPACKET socket. Each message holds a uint32_t and descriptors (SCM_RIGHTS):
     JOB_RUN: every descriptor is the standard input of one run; JOB_PIPED: two descriptors, the input and the output
     of one run; JOB_END: report and leave. Without JOB_END the launcher is gone, and everything here is killed.
   fd 1: reports, one `struct record` a run, followed by `stdout_sent` and `stderr_sent` bytes and by `files` files,
     each a `struct file_head`, its name and its content.
   The launcher decides what a reading means; nothing here compares, and no expected output ever comes here. */
#define _GNU_SOURCE
#include <dirent.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "ask.h"
#include "blake2b.h"
#include "confine.h"

enum { JOB_RUN = 1, JOB_PIPED = 2, JOB_END = 3 };
#define MAX_WAITS 8
enum { MAX_JOB_FDS = 64, MAX_PENDING = 16 };
enum { KILLED_CPU = 1, KILLED_WALL = 2, FAULT = 4 };
#define RECORD_MAGIC 0x31445250u
#define FIRST_LOOK (5 * 1000000ll) /* a run younger than this is left alone, and reports may wait for it */

struct record {
  uint32_t magic, index;
  int32_t status; /* as of wait(2); an errno where flags hold FAULT */
  uint32_t flags;
  int64_t cpu_ns, wall_ns, end_ns; /* end_ns: CLOCK_MONOTONIC, the same in every sandbox of the machine */
  uint64_t peak_kib, stdout_bytes, stderr_bytes;
  uint8_t raw[DIGEST_BYTES], tokens[DIGEST_BYTES];
  uint32_t stdout_sent, stderr_sent, files, reserved;
};

struct file_head {
  uint32_t name_bytes, content_bytes;
};

static struct record pending[MAX_PENDING];
static int n_pending, out_fd, err_fd, report_fd = 1, children_fd = -1;
static volatile int child_errno; /* the vforked child shares this memory until it has become the program */

static int64_t now(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t)) return -1;
  return t.tv_sec * SECOND + t.tv_nsec;
}

/* Kills what runs in this pid namespace; without one of its own, the process group (0: none). Anywhere else than as
   pid 1 a signal to -1 would reach the whole machine. */
static void kill_all(pid_t group) {
  if (getpid() == 1) kill(-1, SIGKILL);
  else if (group > 1) kill(-group, SIGKILL);
}

static void die(const char *what) {
  fprintf(stderr, "sandbox runner: %s: %s\n", what, strerror(errno));
  kill_all(0);
  _exit(70);
}

static void send_all(const void *data, size_t n) {
  for (const char *p = data; n;) {
    ssize_t k = write(report_fd, p, n);
    if (k < 0 && errno == EINTR) continue;
    if (k < 0) die("the launcher does not listen");
    p += k, n -= (size_t)k;
  }
}

static void flush_reports(void) {
  if (n_pending) send_all(pending, sizeof *pending * (size_t)n_pending);
  n_pending = 0;
}

/* In the child, after vfork: becomes the program or leaves the reason in child_errno. */
static void become_program(int in, int out, int err) {
  struct { int what; rlim_t soft, hard; } limits[] = {
    { RLIMIT_CPU, ask.cpu_backstop, ask.cpu_backstop }, { RLIMIT_FSIZE, ask.output, ask.output },
    { RLIMIT_CORE, 0, 0 }, { RLIMIT_NOFILE, 64, 64 }, { RLIMIT_NPROC, ask.processes, ask.processes },
    { RLIMIT_STACK, RLIM_INFINITY, RLIM_INFINITY }, { RLIMIT_AS, ask.memory, ask.memory },
    { RLIMIT_DATA, ask.data, ask.data } };
  if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) goto failed;
  for (size_t i = 0; i < COUNT(limits); i++) {
    struct rlimit had, want = { limits[i].soft, limits[i].hard };
    if (getrlimit(limits[i].what, &had)) goto failed;
    if (want.rlim_max > had.rlim_max) want.rlim_max = had.rlim_max; /* the machine's own limit is lower */
    if (want.rlim_cur > want.rlim_max) want.rlim_cur = want.rlim_max;
    if (setrlimit(limits[i].what, &want)) goto failed;
  }
  if (ask.is_shared && (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))) goto failed;
  if (confine_one_run(ask.may_fork, ask.is_shared)) goto failed;
  execve(ask.argv[0], ask.argv, environment);
  /* A program made so that it cannot be started has failed; only for want of something of ours have we. */
  if (errno != EAGAIN && errno != ENOMEM && errno != ENFILE && errno != EMFILE && errno != EIO) _exit(127);
failed:
  child_errno = errno;
  _exit(127);
}

/* When the last run was killed by us. What its partner does on hearing of it comes later, whoever is reaped first. */
static int64_t killed_ns;

/* Waits for the end of `pid`, killing it at its limits. Returns the flags of what was done.

   The wall limit is for programs that sleep, stop or wait. One that got a tenth of the time since it was last looked at
   is only starved by other work on the machine: it gets the same time again, up to MAX_WAITS times. */
static uint32_t watch(pid_t pid, int pidfd, int64_t started) {
  clockid_t clock = (clockid_t)((~(unsigned)pid) << 3 | 2); /* as clock_getcpuclockid(3) makes it */
  int64_t slice = FIRST_LOOK < ask.wall_ns ? FIRST_LOOK : ask.wall_ns, deadline = ask.wall_ns, cpu_before = 0;
  for (;;) {
    struct pollfd events[2] = { { pidfd, POLLIN, 0 }, { 0, POLLRDHUP, 0 } };
    struct timespec wait = { slice / SECOND, slice % SECOND };
    int ready = ppoll(events, 2, &wait, NULL);
    if (ready < 0 && errno != EINTR) die("waiting for a run");
    if (events[0].revents) return 0;
    if (events[1].revents & (POLLRDHUP | POLLHUP | POLLERR)) {
      kill(pid, SIGKILL);
      waitpid(pid, NULL, 0); /* so that the launcher, once it sees us gone, may count on the program's end */
      errno = EPIPE;
      die("the launcher has gone");
    }
    flush_reports();
    int64_t cpu = now(clock), wall = now(CLOCK_MONOTONIC) - started;
    if (wall >= deadline && cpu - cpu_before >= ask.wall_ns / 10 && deadline < MAX_WAITS * ask.wall_ns) {
      deadline += ask.wall_ns;
      cpu_before = cpu;
    }
    uint32_t flag = cpu > ask.cpu_ns ? KILLED_CPU : wall >= deadline ? KILLED_WALL : 0;
    if (flag) {
      killed_ns = now(CLOCK_MONOTONIC);
      kill(pid, SIGKILL);
      return flag;
    }
    /* not before this can the CPU limit be passed; while a thread group has a CPU limit its clock moves in ticks */
    int64_t cpu_left = cpu < 0 ? slice : (ask.cpu_ns - cpu) / ask.width + 1000000;
    slice = cpu_left < deadline - wall ? cpu_left : deadline - wall;
    if (slice < 1000000) slice = 1000000;
  }
}

static int64_t cpu_of(const struct rusage *used) {
  return (used->ru_utime.tv_sec + used->ru_stime.tv_sec) * SECOND + (used->ru_utime.tv_usec + used->ru_stime.tv_usec) * 1000;
}

/* Without a pid namespace: what has left its process group is found as a child of this subreaper. */
static void kill_children(void) {
  char list[4096];
  ssize_t n = pread(children_fd, list, sizeof list - 1, 0);
  list[n > 0 ? n : 0] = 0;
  for (char *word = strtok(list, " "); word; word = strtok(NULL, " "))
    if (atol(word) > 1) kill((pid_t)atol(word), SIGKILL);
  nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

/* Ends everything the run left behind; its time and memory count as the run's. */
static void reap_strays(pid_t group, struct record *r) {
  struct rusage used;
  int status;
  pid_t stray;
  kill_all(group);
  while ((stray = wait4(-1, &status, ask.is_shared ? WNOHANG : 0, &used)) >= 0 || errno == EINTR)
    if (stray > 0) {
      r->cpu_ns += cpu_of(&used);
      if ((uint64_t)used.ru_maxrss > r->peak_kib) r->peak_kib = (uint64_t)used.ru_maxrss;
    } else if (stray == 0) {
      kill_children();
    }
}

static void digest_output(int fd, struct record *r) {
  static uint8_t chunk[1 << 16], words[(1 << 16) + 1];
  blake2b raw, tokens;
  int has_word = 0, in_gap = 0;
  ssize_t k;
  blake2b_start(&raw);
  blake2b_start(&tokens);
  for (off_t at = 0; (k = pread(fd, chunk, sizeof chunk, at)) > 0; at += k) {
    size_t n = 0;
    blake2b_add(&raw, chunk, (size_t)k);
    for (ssize_t i = 0; i < k; i++) {
      uint8_t c = chunk[i];
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        in_gap = has_word;
        continue;
      }
      if (in_gap) words[n++] = ' '; /* a gap holds at least one byte, so words never outgrow the chunk by more than one */
      in_gap = 0, has_word = 1;
      words[n++] = c;
    }
    blake2b_add(&tokens, words, n);
  }
  blake2b_end(&raw, r->raw);
  blake2b_end(&tokens, r->tokens);
}

static void send_part(int fd, off_t from, uint64_t n) {
  static char chunk[1 << 16];
  while (n) {
    ssize_t k = pread(fd, chunk, n < sizeof chunk ? n : sizeof chunk, from);
    if (k <= 0) { /* cannot shrink: nothing that could write it is alive */
      memset(chunk, 0, sizeof chunk);
      k = (ssize_t)(n < sizeof chunk ? n : sizeof chunk);
    }
    send_all(chunk, (size_t)k);
    from += k, n -= (uint64_t)k;
  }
}

/* Visits the regular files directly in the folders, never through a link, until all together are larger than the
   launcher takes (a file of holes costs its maker nothing). Counts them, or sends them as well. */
static uint32_t collect(int is_sending, uint32_t at_most) {
  uint32_t found = 0;
  long long left = ask.files_cap;
  for (int i = 0; i < ask.n_folders; i++) {
    DIR *folder = opendir(ask.folders[i]);
    struct dirent *entry;
    while (folder && found < at_most && (entry = readdir(folder))) {
      struct stat info;
      int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
      if (fd >= 0 && !fstat(fd, &info) && S_ISREG(info.st_mode) && info.st_size <= ask.file_cap && info.st_size <= left) {
        found++;
        left -= info.st_size;
        if (is_sending) {
          char name[4096];
          int n = snprintf(name, sizeof name, "%s/%s", ask.folders[i], entry->d_name);
          struct file_head head = { (uint32_t)n, (uint32_t)info.st_size };
          send_all(&head, sizeof head);
          send_all(name, (size_t)n);
          send_part(fd, 0, (uint64_t)info.st_size);
        }
      }
      if (fd >= 0) close(fd);
    }
    if (folder) closedir(folder);
  }
  return found;
}

static void empty_memfd(int fd) {
  if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET)) die("emptying an output");
}

static void report(struct record *r, int has_own_output) {
  uint64_t cap = (uint64_t)(has_own_output ? ask.stdout_cap : 0);
  int is_odd = r->status || r->flags;
  r->stdout_sent = (uint32_t)(r->stdout_bytes < cap ? r->stdout_bytes : cap);
  cap = is_odd || ask.stdout_cap ? (uint64_t)ask.stderr_cap : 0;
  r->stderr_sent = (uint32_t)(r->stderr_bytes < cap ? r->stderr_bytes : cap);
  r->files = ask.n_folders ? collect(0, 256) : 0;
  pending[n_pending++] = *r;
  if (n_pending == MAX_PENDING || r->stdout_sent || r->stderr_sent || r->files || r->wall_ns > FIRST_LOOK) flush_reports();
  if (r->stdout_sent) send_part(out_fd, 0, r->stdout_sent);
  if (r->stderr_sent) send_part(err_fd, (off_t)(r->stderr_bytes - r->stderr_sent), r->stderr_sent); /* the end tells why */
  if (r->files) collect(1, r->files);
}

/* A function of its own: the child runs on this frame, and nothing of the caller's may live in it. */
static __attribute__((noinline)) pid_t spawn(int in, int out) {
  pid_t pid = vfork();
  if (pid == 0) become_program(in, out, err_fd);
  return pid;
}

/* Runs the program once; `out` is -1 where its output is to be read here. Closes both descriptors. */
static void run_once(uint32_t index, int in, int out) {
  struct record r = { .magic = RECORD_MAGIC, .index = index };
  struct rusage used;
  int has_own_output = out < 0, status = 0;
  child_errno = 0;
  int64_t started = now(CLOCK_MONOTONIC);
  pid_t pid = spawn(in, has_own_output ? out_fd : out);
  int failed = pid < 0 ? errno : 0;
  if (pid > 0) {
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) die("pidfd_open");
    r.flags = watch(pid, pidfd, started);
    while (wait4(pid, &status, 0, &used) < 0)
      if (errno != EINTR) die("wait4");
    r.end_ns = r.flags & (KILLED_CPU | KILLED_WALL) ? killed_ns : now(CLOCK_MONOTONIC);
    close(pidfd);
    r.cpu_ns = cpu_of(&used);
    r.peak_kib = (uint64_t)used.ru_maxrss;
    reap_strays(pid, &r);
    failed = child_errno;
  }
  /* Only now, so that the partner of a conversation sees the end of the pipe after the end was timed: the first of two
     ends is then the cause of the other, never the other way round. */
  close(in);
  if (!has_own_output) close(out);
  r.wall_ns = (r.end_ns ? r.end_ns : now(CLOCK_MONOTONIC)) - started;
  r.status = failed ? failed : status;
  if (failed) r.flags |= FAULT;
  off_t end = has_own_output ? lseek(out_fd, 0, SEEK_END) : 0;
  r.stdout_bytes = (uint64_t)end;
  if (has_own_output) digest_output(out_fd, &r);
  end = lseek(err_fd, 0, SEEK_END);
  r.stderr_bytes = (uint64_t)end;
  report(&r, has_own_output);
  if (r.stdout_bytes) empty_memfd(out_fd);
  if (r.stderr_bytes) empty_memfd(err_fd);
  if (fcntl(out_fd, F_SETFL, 0) || fcntl(err_fd, F_SETFL, 0)) die("marks on an output"); /* for the next run to see */
}

/* Takes the next message. Returns its kind and its descriptors; without a message everything ends. */
static uint32_t next_job(int fds[MAX_JOB_FDS], int *n) {
  uint32_t kind = 0;
  union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int) * MAX_JOB_FDS)]; } control;
  struct iovec body = { &kind, sizeof kind };
  struct msghdr message = { .msg_iov = &body, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  ssize_t k = recvmsg(0, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (k < 0 && errno == EAGAIN) {
    flush_reports(); /* the launcher may be waiting for these before it hands out more */
    k = recvmsg(0, &message, MSG_CMSG_CLOEXEC);
  }
  *n = 0;
  if (k != sizeof kind || message.msg_flags & MSG_CTRUNC) {
    errno = k ? EPROTO : EPIPE;
    die("the launcher has gone");
  }
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
      *n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
      memcpy(fds, CMSG_DATA(c), sizeof(int) * (size_t)*n);
    }
  return kind;
}

static void confine_by_landlock(void) {
  uint64_t handled;
  int ruleset = landlock_ruleset(&handled);
  if (ruleset < 0) die("Landlock");
  for (int i = 0; i < ask.n_readable; i++)
    if (landlock_allow(ruleset, handled, ask.readable[i], 0) && errno != ENOENT) die(ask.readable[i]);
  for (int i = 0; i < ask.n_writable; i++)
    if (landlock_allow(ruleset, handled, ask.writable[i], 1)) die(ask.writable[i]);
  if (syscall(NR_landlock_restrict_self, ruleset, 0)) die("Landlock");
  close(ruleset);
}

/* Started by root: becomes the unprivileged user `id`, for good, and then the program. */
static void become_user(const char *id, char **argv) {
  uid_t user = (uid_t)strtoul(id, NULL, 10);
  if (!user) errno = EPERM, die("dropping root");
  if (setgroups(0, NULL) || setresgid(user, user, user) || setresuid(user, user, user)) die("dropping root");
  execv(argv[0], argv);
  die(argv[0]);
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "--nothing")) return 0; /* the program of the launcher's own trial */
  if (argc > 3 && !strcmp(argv[1], "--as")) become_user(argv[2], argv + 3);
  parse(argv + 1);
  if (getpid() != 1 && !ask.is_shared) errno = EPERM, die("neither in a sandbox nor asked to make one");
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) die("prctl");
  if (syscall(SYS_close_range, 3, ~0u, 0)) die("close_range");

  signal(SIGCHLD, SIG_DFL); /* ignored by whoever started us, no run's end could be waited for */
  personality(ADDR_NO_RANDOMIZE); /* equal addresses, so that a program behaves alike on every repeat */
  report_fd = fcntl(1, F_DUPFD_CLOEXEC, 3);
  out_fd = memfd_create("stdout", MFD_CLOEXEC);
  err_fd = memfd_create("stderr", MFD_CLOEXEC);
  if (report_fd < 0 || out_fd < 0 || err_fd < 0) die("memfd_create");
  if (ask.is_shared) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    children_fd = open(path, O_RDONLY | O_CLOEXEC);
    confine_by_landlock();
  }
  if (confine_all_runs(ask.is_shared, ask.may_pair)) die("seccomp");
  if (access(ask.argv[0], X_OK)) die(ask.argv[0]); /* what cannot be started although it is there is to blame itself */
  uint32_t index = 0, kind;
  int fds[MAX_JOB_FDS], n;
  while ((kind = next_job(fds, &n)) != JOB_END) {
    if (kind == JOB_PIPED && n == 2) run_once(index++, fds[0], fds[1]);
    else if (kind == JOB_RUN)
      for (int i = 0; i < n; i++) run_once(index++, fds[i], -1);
    else errno = EPROTO, die("control message");
  }
  flush_reports();
  return 0;
}
