/* How the program is started: anew for every run, or once as a fork server (fork_server.c) that is asked for forks. */
#ifndef PODIUM_START_H
#define PODIUM_START_H

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "ask.h"
#include "confine.h"
#include "order.h"
#include "report.h"

enum { ANSWER_S = 5 }; /* in which a fork server has to answer */

static int program_fd = -1; /* of a program that was handed in; else it is at its path */
static sigset_t no_signals, end_of_child; /* empty; SIGCHLD, which waits to be taken */
static volatile int child_errno; /* the vforked child shares this memory until it has become the program */
static struct {
  pid_t pid; /* 0: none, every run is a start of its own */
  int fd;
  struct order order;
} server;

/* A limit as far as the machine's own lets it be. */
static struct rlimit within(int what, rlim_t wanted) {
  struct rlimit had;
  if (getrlimit(what, &had) || wanted > had.rlim_max) wanted = had.rlim_max;
  return (struct rlimit){ wanted, wanted };
}

/* All that is started from here on stays on the core asked for, or on those this sandbox began with. Where that cannot
   be had only time is lost. */
static void keep_to_core(void) {
  static cpu_set_t usable;
  cpu_set_t one;
  if (!CPU_COUNT(&usable)) sched_getaffinity(0, sizeof usable, &usable);
  CPU_ZERO(&one);
  if (ask.core >= 0) CPU_SET((size_t)ask.core, &one);
  sched_setaffinity(0, sizeof one, ask.core >= 0 ? &one : &usable);
}

/* In the child, after vfork: becomes the program or leaves the reason in child_errno. With `to_runner`, the end of a
   socket, it becomes a fork server: its own CPU time is free, it is one process more, and who knows the key may fork. */
static void become_program(char **argv, int in, int out, int to_runner) {
  int is_server = to_runner >= 0;
  rlim_t processes = ask.processes + (is_server && ask.processes != RLIM_INFINITY);
  struct { int what; rlim_t wanted; } limits[] = {
    { RLIMIT_CPU, is_server ? RLIM_INFINITY : ask.cpu_backstop }, { RLIMIT_FSIZE, ask.output }, { RLIMIT_CORE, 0 },
    { RLIMIT_NOFILE, SERVER_FD + 1 }, { RLIMIT_NPROC, processes }, { RLIMIT_STACK, RLIM_INFINITY },
    { RLIMIT_AS, ask.memory }, { RLIMIT_DATA, ask.data } };
  struct sock_filter code[MAX_FILTER];
  if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err_fd, 2) < 0) goto failed;
  if (is_server && dup2(to_runner, SERVER_FD) < 0) goto failed;
  for (size_t i = 0; i < COUNT(limits); i++) {
    struct rlimit limit = within(limits[i].what, limits[i].wanted);
    if (setrlimit(limits[i].what, &limit)) goto failed;
  }
  if (ask.is_shared && (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))) goto failed;
  pid_t own = getpid();
  size_t n = one_run_filter(code, ask.may_fork, ask.is_shared ? own : 0, is_server ? own : 0, server.order.key);
  if (sigprocmask(SIG_SETMASK, &no_signals, NULL) || install_filter(code, n)) goto failed;
  if (program_fd >= 0) syscall(SYS_execveat, program_fd, "", argv, environment, AT_EMPTY_PATH);
  else execve(argv[0], argv, environment);
  /* A program made so that it cannot be started has failed; only for want of something of ours have we. */
  if (errno != EAGAIN && errno != ENOMEM && errno != ENFILE && errno != EMFILE && errno != EIO) _exit(127);
failed:
  child_errno = errno;
  _exit(127);
}

/* A function of its own: the child runs on this frame, and nothing of the caller's may live in it. */
static __attribute__((noinline)) pid_t spawn(char **argv, int in, int out, int to_runner) {
  child_errno = 0;
  pid_t pid = vfork();
  if (pid == 0) become_program(argv, in, out, to_runner);
  return pid;
}

/* Ends every process of this sandbox but the runner. */
static void end_all(void) {
  kill_all(0);
  while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR) continue;
}

/* From here on every run is a start of its own. */
static void stop_serving(void) {
  if (!server.pid) return;
  end_all();
  close(server.fd);
  server.pid = 0;
  empty_outputs(NULL);
}

/* Starts `argv` as a fork server that speaks at `theirs`; closes that, and both where it cannot be. Without a pid
   namespace there is none: its forks could neither be told from strangers nor be kept from signalling the server. */
static void start_server(char **argv, int ours, int theirs) {
  int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  struct timeval patience = { ANSWER_S, 0 };
  if (nothing >= 0 && getpid() == 1 && !ask.may_fork && !setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)) {
    server.order.cpu_backstop = within(RLIMIT_CPU, ask.cpu_backstop).rlim_cur;
    if (getrandom(&server.order.key, sizeof server.order.key, 0) != sizeof server.order.key) die("getrandom");
    char **last = environment;
    while (*last) last++;
    if (argv != ask.argv) *last = "LD_BIND_NOW=1"; /* an interpreter: names are looked up once, not in every fork */
    pid_t pid = spawn(argv, nothing, out_fd, theirs);
    *last = NULL;
    if (child_errno) end_all();
    else if (pid > 0) server.pid = pid, server.fd = ours;
  }
  if (nothing >= 0) close(nothing);
  close(theirs);
  if (!server.pid) close(ours);
}

/* Has the server run the program on `in`. Returns 0 where it does not listen. */
static int order_fork(int in) {
  struct iovec body = { &server.order, sizeof server.order };
  union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; } rights = {
    .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
  struct msghdr message = { .msg_iov = &body, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights };
  memcpy(CMSG_DATA(&rights.head), &in, sizeof in);
  return sendmsg(server.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof server.order;
}

/* The fork that the server made, or 0 where it did not answer as one. It is not trusted: a child that has ended by now
   (`ended`, else 0) has to be the one it names, and any other has to be a child of ours. */
static pid_t named_by_server(pid_t ended) {
  int32_t pid = 0;
  siginfo_t unused;
  if (ended == server.pid || recv(server.fd, &pid, sizeof pid, 0) != sizeof pid || pid <= 1 || pid == server.pid) return 0;
  if (ended ? ended != pid : waitid(P_PID, (id_t)pid, &unused, WEXITED | WNOHANG | WNOWAIT)) return 0;
  return pid;
}

#endif
