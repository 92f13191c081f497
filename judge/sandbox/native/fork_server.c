/* The fork server: makes a process that is about to run a program into one that forks at that point, once for every
   input, so that a run costs no execve. Linked into C and C++ programs, where it runs before everything that is the
   program's own; built as a library for the Python zygote. Where nobody speaks at SERVER_FD it does nothing.

   Each fork is made the runner's own child, which watches and reaps it like any other run, and inherits the limits and
   the filter that the runner put the server under. It calls no function of the C library: a program could bring its
   own. Nothing is done for a fork that can be done once: seccomp alone took a tenth of a run when it was. */
#include <errno.h>
#include <linux/sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "order.h"

enum { CHILD_SIGNAL = 17 /* SIGCHLD */, OUR_FAULT = 70 };

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

/* Makes a fork, the key being the argument of clone that the kernel does not have. In the fork no trace of it stays,
   neither in a register nor in the order. */
static inline __attribute__((always_inline)) long fork_with(struct order *order, long flags, void *thread) {
#if defined(__x86_64__)
  register long tid __asm__("r10") = (long)thread, tls __asm__("r8") = 0;
  long result = SYS_clone;
  __asm__ volatile("movq %[key], %%r9\n\tsyscall\n\txorl %%r9d, %%r9d\n\ttestq %%rax, %%rax\n\tjnz 1f\n\tmovq $0, %[key]\n1:"
                   : "+a"(result), [key] "+m"(order->key) : "D"(flags), "S"(0), "d"(0), "r"(tid), "r"(tls)
                   : "rcx", "r9", "r11", "cc", "memory");
  return result;
#else
  register long x8 __asm__("x8") = SYS_clone, x0 __asm__("x0") = flags, x1 __asm__("x1") = 0, x2 __asm__("x2") = 0;
  register long x3 __asm__("x3") = 0, x4 __asm__("x4") = (long)thread;
  __asm__ volatile("ldr x5, %[key]\n\tsvc 0\n\tmov x5, xzr\n\tcbnz x0, 1f\n\tstr xzr, %[key]\n1:"
                   : "+r"(x0), [key] "+m"(order->key) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
                   : "x5", "cc", "memory");
  return x0;
#endif
}

/* Whether somebody gives orders, or has: else the program runs as ever. */
static int has_orders(void) {
  long got;
  do got = call(SYS_recvfrom, SERVER_FD, 0, 0, MSG_PEEK, 0);
  while (got == -EINTR);
  return got >= 0;
}

/* The next order; its descriptor becomes the standard input, which is closed. Leaves where there is none any more. */
static void next_order(struct order *order) {
  struct { size_t length; int level, type, fd, padding; } rights; /* a cmsghdr with one descriptor */
  struct iovec body = { order, sizeof *order };
  struct msghdr message;
  message.msg_name = NULL, message.msg_namelen = 0, message.msg_iov = &body, message.msg_iovlen = 1, message.msg_flags = 0;
  long got;
  do {
    message.msg_control = &rights, message.msg_controllen = sizeof rights;
    got = call(SYS_recvmsg, SERVER_FD, (long)&message, 0, 0, 0);
  } while (got == -EINTR);
  if (got != sizeof *order || message.msg_controllen < CMSG_LEN(sizeof(int)) || rights.type != SCM_RIGHTS || rights.fd)
    call(SYS_exit_group, got ? OUR_FAULT : 0, 0, 0, 0, 0);
}

/* Returns 1 in every fork, 0 where there is nothing to serve; the server itself never returns. */
static int serve(void) {
  void *thread = NULL; /* where the C library keeps the thread's number: it has to be the fork's */
  long flags = CLONE_PARENT | CHILD_SIGNAL;
  if (!has_orders()) return 0;
  if (call(SYS_prctl, PR_GET_TID_ADDRESS, (long)&thread, 0, 0, 0) >= 0 && thread) flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  for (;;) {
    struct order order;
    call(SYS_close, 0, 0, 0, 0, 0);
    next_order(&order);
    long pid = fork_with(&order, flags, thread);
    if (pid == 0) {
      struct rlimit cpu = { order.cpu_backstop, order.cpu_backstop };
      call(SYS_prlimit64, 0, RLIMIT_CPU, (long)&cpu, 0, 0); /* cannot fail: the server has none */
      call(SYS_close, SERVER_FD, 0, 0, 0, 0);
      return 1;
    }
    int32_t word = (int32_t)pid;
    call(SYS_write, SERVER_FD, (long)&word, sizeof word, 0, 0);
  }
}

#ifdef PODIUM_LIBRARY
/* A Python extension that never becomes one: making it serves. Called so, for `ctypes` would be a third of what there is
   to fork, and without Python's headers, which need not be there. */
extern void PyOS_BeforeFork(void), PyOS_AfterFork_Child(void);
__attribute__((visibility("default"))) void *PyInit_podium(void) {
  PyOS_BeforeFork();
  if (!serve()) call(SYS_exit_group, 1, 0, 0, 0, 0);
  PyOS_AfterFork_Child();
  return NULL; /* a SystemError there */
}
#else
typedef void (*entry)(void);
extern const entry __preinit_array_start[] __attribute__((visibility("hidden")));
extern const entry __preinit_array_end[] __attribute__((visibility("hidden")));
static void before_everything(void) {
  if (__preinit_array_end - __preinit_array_start == 1) serve(); /* else the program has an entry of its own */
}
__attribute__((section(".preinit_array"), used)) static const entry first = before_everything;
#endif
