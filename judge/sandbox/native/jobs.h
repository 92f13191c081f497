/* What the launcher asks for while the runner lives, taken from the control socket and queued. */
#ifndef PODIUM_JOBS_H
#define PODIUM_JOBS_H

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "ask.h"
#include "report.h"
#include "start.h"

enum { JOB_RUN = 1, JOB_PIPED = 2, JOB_END = 3, JOB_PROGRAM = 4, JOB_SERVE = 5, JOB_RESET = 6, JOB_TALK = 7, JOB_RELEASE = 8 };
enum { MAX_JOB_FDS = 64, MAX_QUEUED = 256, MAX_TEXT = 8192, MAX_WORDS = 64, PROGRAM_AT = 100 };

static struct {
  struct run { int in, out, talks; } runs[MAX_QUEUED];
  unsigned first, n;
  int has_ended, is_reset;
} jobs;

/* The pipes of the run under way, as long as they are held here, and since when it has used no CPU time. */
static struct { int in, out, is_on; int64_t cpu, since; } talk = { .in = -1, .out = -1 };

static void release_pipes(void) {
  if (talk.in >= 0) close(talk.in);
  if (talk.out >= 0) close(talk.out);
  talk.in = talk.out = -1;
  talk.is_on = 0;
}

static void queue_run(int in, int out, int talks) {
  if (jobs.n == MAX_QUEUED) errno = EPROTO, die("too many runs at once");
  unsigned at = (jobs.first + jobs.n++) % MAX_QUEUED;
  jobs.runs[at] = (struct run){ in, out, talks };
}

/* The words of a text in which each ends with a NUL, ended by NULL. The text and the list stay where they are. */
static char **split(char *text, size_t n, char **list) {
  size_t count = 0;
  for (char *word = text; word < text + n && count < MAX_WORDS; word += strlen(word) + 1) list[count++] = word;
  list[count] = NULL;
  return list;
}

/* Another program, as an open file, and its limits. Always at the same number: the kernel shows it to the program. */
static void take_program(char **words, int fd) {
  parse(words);
  keep_to_core();
  program_fd = fcntl(fd, F_DUPFD_CLOEXEC, PROGRAM_AT);
  if (program_fd < 0) die("a program");
  close(fd);
}

static void take_job(uint32_t kind, char *text, size_t n_text, const int *fds, int n) {
  static char program_text[MAX_TEXT + 1], *program_words[MAX_WORDS + 1], *server_words[MAX_WORDS + 1];
  if (kind == JOB_RUN) {
    for (int i = 0; i < n; i++) queue_run(fds[i], -1, 0);
  } else if ((kind == JOB_PIPED || kind == JOB_TALK) && n == 2) {
    queue_run(fds[0], fds[1], kind == JOB_TALK);
  } else if (kind == JOB_RELEASE) {
    release_pipes();
  } else if (kind == JOB_PROGRAM && n == 1 && program_fd < 0 && !jobs.n) {
    memcpy(program_text, text, n_text + 1);
    take_program(split(program_text, n_text, program_words), fds[0]);
  } else if (kind == JOB_SERVE && n == 2 && !server.pid && !jobs.n) {
    start_server(n_text ? split(text, n_text, server_words) : ask.argv, fds[0], fds[1]);
  } else if (kind == JOB_RESET) {
    jobs.is_reset = 1;
  } else if (kind == JOB_END) {
    jobs.has_ended = 1;
  } else {
    errno = EPROTO;
    die("control message");
  }
}

/* Takes the next message, waiting for it; without one everything ends. */
static void receive(void) {
  static char text[MAX_TEXT + 1];
  uint32_t kind = 0;
  union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int) * MAX_JOB_FDS)]; } control;
  struct iovec body[2] = { { &kind, sizeof kind }, { text, MAX_TEXT } };
  struct msghdr message = { .msg_iov = body, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control };
  ssize_t k = recvmsg(0, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (k < 0 && errno == EAGAIN) {
    flush_reports(); /* the launcher may be waiting for these before it hands out more */
    k = recvmsg(0, &message, MSG_CMSG_CLOEXEC);
  }
  if (k < (ssize_t)sizeof kind || message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) {
    errno = k ? EPROTO : EPIPE;
    die("the launcher has gone");
  }
  int fds[MAX_JOB_FDS], n = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
      n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
      memcpy(fds, CMSG_DATA(c), sizeof(int) * (size_t)n);
    }
  size_t n_text = (size_t)k - sizeof kind;
  text[n_text] = 0;
  take_job(kind, text, n_text, fds, n);
}

/* As at the start, with nothing of the last program left, for the next one: says so by a mark among the reports. */
static void reset(void) {
  end_all();
  stop_serving();
  for (; jobs.n; jobs.n--, jobs.first++) {
    close(jobs.runs[jobs.first % MAX_QUEUED].in);
    if (jobs.runs[jobs.first % MAX_QUEUED].out >= 0) close(jobs.runs[jobs.first % MAX_QUEUED].out);
  }
  if (program_fd >= 0) close(program_fd);
  program_fd = -1;
  ask = unasked;
  jobs.is_reset = 0;
  empty_outputs(NULL);
  flush_reports();
  struct record mark = { .magic = RECORD_MAGIC, .flags = MARK };
  send_all(&mark, sizeof mark);
}

#endif
