/* What the runner and a fork server say to each other over SERVER_FD, a socket of whole messages. */
#ifndef PODIUM_ORDER_H
#define PODIUM_ORDER_H

#include <linux/filter.h>
#include <stdint.h>

enum { SERVER_FD = 63, MAX_FILTER = 40 }; /* the last descriptor that a program's limit lets be */

/* To the server, with the standard input of one run as a descriptor: what the fork is to be put under. The answer is
   the fork's pid, given by itself once all that holds, or a negative errno. */
struct order {
  uint64_t cpu_backstop;
  uint32_t n_filter, reserved;
  struct sock_filter filter[MAX_FILTER];
};

#endif
