/* The in-sandbox runner: pid 1 of one sandbox, runs one program on every input it is handed and reports each run.

   usage: runner [--as UID COMMAND ... | key=value ... -- program argument ...]
   fd 0: control, a SOCK_SEQPACKET socket. Each message holds a uint32_t, words that each end with a NUL, and
     descriptors (SCM_RIGHTS):
     JOB_RUN: every descriptor is the standard input of one run; JOB_PIPED: two descriptors, the input and the output
     of one run; JOB_TALK: the same, of a run whose idleness is told; JOB_RELEASE: see `tell_idle`; JOB_END: report and leave. Without JOB_END the launcher is gone, and everything here is killed.
     JOB_PROGRAM: the words of a command line, and the open file of the program: for the first time, or after
     JOB_RESET, which drops the runs that are left, kills what is under way and puts a mark among the reports.
     JOB_SERVE: runs are forks of a fork server that is started now; the words are its command, by default the
     program's; the descriptors, the two ends of a SOCK_SEQPACKET socket between the runner and it.
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

#include "report.h"
#include "start.h"
#include "jobs.h"
#include "watch.h"

static int children_fd = -1;

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

/* Ends everything the run left behind; its time and memory count as the run's. Orphans are the runner's children, so
   where it has none nothing is left, and the kill, which visits every process of the machine, can be spared. */
static void reap_strays(pid_t group, struct record *r) {
  struct rusage used;
  int status, options = WNOHANG;
  pid_t stray;
  while ((stray = wait4(-1, &status, options, &used)) >= 0 || errno == EINTR)
    if (stray > 0) {
      r->cpu_ns += cpu_of(&used);
      if ((uint64_t)used.ru_maxrss > r->peak_kib) r->peak_kib = (uint64_t)used.ru_maxrss;
    } else if (stray == 0) {
      kill_all(group);
      if (ask.is_shared) kill_children();
      else options = 0;
    }
}

struct end {
  pid_t pid; /* 0: not yet */
  int status;
  struct rusage used;
};

/* The end of `pid` (-1: any child) where it comes before the first look. Most runs need no watching. */
static struct end early_end(pid_t pid, int64_t started) {
  struct end end = { 0 };
  int64_t until = started + (FIRST_LOOK < ask.wall_ns ? FIRST_LOOK : ask.wall_ns), left;
  while (!(end.pid = wait4(pid, &end.status, WNOHANG, &end.used)) && (left = until - now(CLOCK_MONOTONIC)) > 0)
    sigtimedwait(&end_of_child, NULL, &(struct timespec){ 0, left });
  if (end.pid < 0) die("wait4");
  return end;
}

/* Watches a run that has been started, unless it has ended, until nothing of it is left, and reads what it used. */
static int finish(pid_t pid, struct end end, int64_t started, struct record *r) {
  if (!end.pid) {
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) die("pidfd_open");
    r->flags = watch(pid, pidfd, started);
    while (wait4(pid, &end.status, 0, &end.used) < 0)
      if (errno != EINTR) die("wait4");
    close(pidfd);
  }
  r->end_ns = r->flags & (KILLED_CPU | KILLED_WALL) ? killed_ns : now(CLOCK_MONOTONIC);
  r->cpu_ns = cpu_of(&end.used);
  r->peak_kib = (uint64_t)end.used.ru_maxrss;
  if (!server.pid) reap_strays(pid, r); /* a fork of the server cannot start processes */
  return end.status;
}

/* Runs the program on `in` by a fork of the server. Returns 0 where that is gone, and the run is to be started anew. */
static int run_by_server(int in, int64_t started, struct record *r) {
  if (!server.pid) return 0;
  struct end end = { 0 };
  pid_t pid = 0;
  if (order_fork(in)) {
    end = early_end(-1, started);
    pid = named_by_server(end.pid);
  }
  if (pid) {
    r->status = finish(pid, end, started, r);
    return 1;
  }
  stop_serving();
  lseek(in, 0, SEEK_SET);
  return 0;
}

/* Runs the program once, with an output of our own where the run brings none. Closes the run's descriptors. */
static void run_once(uint32_t index, struct run run) {
  struct record r = { .magic = RECORD_MAGIC, .index = index };
  int in = run.in, out = run.out, has_own_output = out < 0, failed = 0;
  talk.in = in, talk.out = out, talk.is_on = run.talks, talk.since = 0;
  int64_t started = now(CLOCK_MONOTONIC); /* the time of a server that did not answer is not the run's */
  if (!has_own_output || !run_by_server(in, started, &r)) {
    started = now(CLOCK_MONOTONIC);
    pid_t pid = spawn(ask.argv, in, has_own_output ? out_fd : out, -1);
    failed = pid < 0 ? errno : 0;
    if (pid > 0) {
      r.status = finish(pid, early_end(pid, started), started, &r);
      failed = child_errno;
    }
  }
  release_pipes(); /* see `tell_idle` */
  if (r.flags & ABANDONED) return;
  r.wall_ns = (r.end_ns ? r.end_ns : now(CLOCK_MONOTONIC)) - started;
  if (failed) r.status = failed, r.flags |= FAULT;
  r.stdout_bytes = has_own_output ? (uint64_t)lseek(out_fd, 0, SEEK_END) : 0;
  if (has_own_output) digest_output(out_fd, &r);
  r.stderr_bytes = (uint64_t)lseek(err_fd, 0, SEEK_END);
  report(&r, has_own_output);
  empty_outputs(&r);
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
  if (sigaddset(&end_of_child, SIGCHLD) || sigprocmask(SIG_SETMASK, &end_of_child, NULL)) die("sigprocmask");
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
  keep_to_core();
  if (confine_all_runs(ask.is_shared, ask.may_pair)) die("seccomp");
  /* what cannot be started although it is there is to blame itself */
  if (!ask.is_pool && access(ask.argv[0], X_OK)) die(ask.argv[0]);
  for (uint32_t index = 0;;) {
    if (jobs.is_reset) {
      reset();
      index = 0;
    } else if (jobs.n) {
      unsigned at = jobs.first++ % MAX_QUEUED;
      jobs.n--;
      run_once(index++, jobs.runs[at]);
    } else if (jobs.has_ended) {
      break;
    } else {
      receive();
    }
  }
  flush_reports();
  return 0;
}
