/* Watching a run until it ends or passes a limit. */
#ifndef PODIUM_WATCH_H
#define PODIUM_WATCH_H

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "jobs.h"
#include "report.h"

#define MAX_WAITS 8
#define STARVED 100
#define MAX_NUMBERS 100000
#define IDLE_LOOK (100 * 1000000ll)
#define IDLE_CPU (1 * 1000000ll)

static int64_t now(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t)) return -1;
  return t.tv_sec * SECOND + t.tv_nsec;
}

/* When the last run was killed by us. What its partner does on hearing of it comes later, whoever is reaped first. */
static int64_t killed_ns;

/* The pipes of a run are held here so that its partner sees their end only after the end of the run was timed: the
   first of two ends is then the cause of the other, never the other way round. But a program that closes its output
   and waits for its partner's end would then wait for ever. So the launcher is told how long this one has been waiting,
   and when both have for long enough at the same time, which is when nobody would get on any more, it has the pipes
   released. */
static void tell_idle(int64_t cpu) {
  int64_t t = now(CLOCK_MONOTONIC);
  if (cpu - talk.cpu > IDLE_CPU || !talk.since) {
    talk.cpu = cpu;
    talk.since = t;
  } else if (t - talk.since >= 2 * IDLE_LOOK) {
    struct record r = { .magic = RECORD_MAGIC, .flags = IDLE, .end_ns = t, .wall_ns = t - talk.since };
    send_all(&r, sizeof r);
  }
}

static clockid_t clock_of(pid_t pid) {
  return (clockid_t)((~(unsigned)pid) << 3 | 2); /* as clock_getcpuclockid(3) makes it */
}

/* Whether a process that the run `pid` has started lives: one whose number was given since, up to that of a child of
   ours. Threads have no clock of that kind; where the machine's processes are seen those of other users are not meant. */
static int has_children(pid_t pid) {
  if (!ask.may_fork) return 0;
  pid_t last = vfork();
  if (last == 0) _exit(0);
  if (last > 0) waitpid(last, NULL, 0);
  if (last < pid || last - pid > MAX_NUMBERS) return 1;
  for (pid_t other = pid + 1; other < last; other++)
    if (now(clock_of(other)) >= 0 && !kill(other, 0)) return 1;
  return 0;
}

/* Waits for the end of `pid`, killing it at its limits. Returns the flags of what was done.

   The wall limit is for programs that sleep, stop or wait. One that got a hundredth of the time since it was last
   looked at is only starved by other work on the machine: it gets the same time again, up to MAX_WAITS times. Not a
   tenth: what needs little may get less among thirty others, and its verdict must not tell of them. Nor one
   that has others at work: their time is not seen before they are reaped, so nobody could say that it is starved.

   One whose children have always ended when it is looked at may so spend up to MAX_WAITS times as long. It gains no
   verdict by it: their time is counted as its own once it has ended (`reap_strays`; confine.h keeps it from having them
   forgotten). It is not stopped sooner, for what reaped children used cannot be seen from outside while their parent
   lives: wait4 and getrusage tell of one's own, /proc is not in here, perf events and cgroups are for the privileged on
   most machines. Numbers of processes tell how many there were, but not what they used, and one honest start of a helper
   would make a program's verdict depend on how busy the machine is. */
static uint32_t watch(pid_t pid, int pidfd, int64_t started) {
  int64_t slice = 0, deadline = ask.wall_ns, cpu_before = 0;
  for (;;) {
    int has_room = jobs.n + MAX_JOB_FDS <= MAX_QUEUED;
    struct pollfd events[2] = { { pidfd, POLLIN, 0 }, { 0, has_room ? POLLRDHUP | POLLIN : POLLRDHUP, 0 } };
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
    if (events[1].revents & POLLIN) receive();
    if (jobs.is_reset) {
      kill(pid, SIGKILL);
      return ABANDONED;
    }
    flush_reports();
    int64_t cpu = now(clock_of(pid)), wall = now(CLOCK_MONOTONIC) - started;
    if (wall >= deadline && cpu - cpu_before >= ask.wall_ns / STARVED && deadline < MAX_WAITS * ask.wall_ns &&
        !has_children(pid)) {
      deadline += ask.wall_ns;
      cpu_before = cpu;
    }
    uint32_t flag = cpu > ask.cpu_ns ? KILLED_CPU : wall >= deadline ? KILLED_WALL : 0;
    if (flag) {
      killed_ns = now(CLOCK_MONOTONIC);
      kill(pid, SIGKILL);
      return flag;
    }
    if (talk.is_on) tell_idle(cpu);
    /* not before this can the CPU limit be passed; while a thread group has a CPU limit its clock moves in ticks */
    int64_t cpu_left = cpu < 0 ? slice : (ask.cpu_ns - cpu) / ask.width + 1000000;
    slice = cpu_left < deadline - wall ? cpu_left : deadline - wall;
    if (talk.is_on && slice > IDLE_LOOK) slice = IDLE_LOOK;
    if (slice < 1000000) slice = 1000000;
  }
}

#endif
