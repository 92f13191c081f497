/* The fork server: makes a process that is about to run a program into one that forks at that point, once for every
   input, so that a run costs no execve. Linked into C and C++ programs, where it runs before everything that is the
   program's own; built as a library for the Python zygote. Where nobody speaks at SERVER_FD it does nothing.

   Each fork is made the runner's own child, which watches, limits and reaps it like any other run. It calls no
   function of the C library: a program could bring its own. */
#include <errno.h>
#include <linux/sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "order.h"

enum { FILTER_MODE = 1, CHILD_SIGNAL = 17 /* SIGCHLD */, OUR_FAULT = 70 };

static inline __attribute__((always_inline)) long call(long number, long a, long b, long c, long d, long e) {
#if defined(__x86_64__)
  register long fourth __asm__("r10") = d, fifth __asm__("r8") = e;
  long result = number;
  __asm__ volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth) : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d, x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
#else
#error "the fork server knows x86-64 and aarch64"
#endif
}

/* The next order and its descriptor. Returns 0 where nobody gives any, so that the program runs as ever. */
static int next_order(struct order *order, int *in) {
  struct { size_t length; int level, type, fd, padding; } rights; /* a cmsghdr with one descriptor */
  struct iovec body = { order, sizeof *order };
  struct msghdr message;
  message.msg_name = NULL, message.msg_namelen = 0, message.msg_iov = &body, message.msg_iovlen = 1, message.msg_flags = 0;
  long got;
  do {
    message.msg_control = &rights, message.msg_controllen = sizeof rights;
    got = call(SYS_recvmsg, SERVER_FD, (long)&message, 0, 0, 0);
  } while (got == -EINTR);
  if (got == -EBADF || got == -ENOTSOCK) return 0;
  if (got != sizeof *order || message.msg_controllen < CMSG_LEN(sizeof(int)) || rights.type != SCM_RIGHTS)
    call(SYS_exit_group, got ? OUR_FAULT : 0, 0, 0, 0, 0);
  *in = rights.fd;
  return 1;
}

static void answer(long what) {
  int32_t word = (int32_t)what;
  call(SYS_write, SERVER_FD, (long)&word, sizeof word, 0, 0);
}

/* In the fork: takes on the limits of a run and says who it is. */
static void begin(const struct order *order, int in) {
  struct rlimit cpu = { order->cpu_backstop, order->cpu_backstop };
  struct sock_fprog program = { (unsigned short)order->n_filter, (struct sock_filter *)order->filter };
  long failed = call(SYS_dup3, in, 0, 0, 0, 0);
  if (failed >= 0) failed = call(SYS_close, in, 0, 0, 0, 0);
  if (failed >= 0) failed = call(SYS_prlimit64, 0, RLIMIT_CPU, (long)&cpu, 0, 0);
  if (failed >= 0) failed = call(SYS_seccomp, FILTER_MODE, 0, (long)&program, 0, 0);
  answer(failed < 0 ? failed : call(SYS_getpid, 0, 0, 0, 0, 0));
  call(SYS_close, SERVER_FD, 0, 0, 0, 0);
  if (failed < 0) call(SYS_exit_group, OUR_FAULT, 0, 0, 0, 0);
}

/* Returns 1 in every fork, 0 where there is nothing to serve; the server itself never returns. */
static int serve(void) {
  struct order order;
  void *thread = NULL; /* where the C library keeps the thread's number: it has to be the fork's */
  int in;
  while (next_order(&order, &in)) {
    long flags = CLONE_PARENT | CHILD_SIGNAL;
    if (!thread && call(SYS_prctl, PR_GET_TID_ADDRESS, (long)&thread, 0, 0, 0) < 0) thread = NULL;
    if (thread) flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
#if defined(__x86_64__)
    long pid = call(SYS_clone, flags, 0, 0, (long)thread, 0);
#else
    long pid = call(SYS_clone, flags, 0, 0, 0, (long)thread);
#endif
    if (pid == 0) {
      begin(&order, in);
      return 1;
    }
    call(SYS_close, in, 0, 0, 0, 0);
    if (pid < 0) answer(pid);
  }
  return 0;
}

#ifdef PODIUM_LIBRARY
__attribute__((visibility("default"))) int podium_serve(void) { return serve(); }
#else
typedef void (*entry)(void);
extern const entry __preinit_array_start[] __attribute__((visibility("hidden")));
extern const entry __preinit_array_end[] __attribute__((visibility("hidden")));
static void before_everything(void) {
  if (__preinit_array_end - __preinit_array_start == 1) serve(); /* else the program has an entry of its own */
}
__attribute__((section(".preinit_array"), used)) static const entry first = before_everything;
#endif
