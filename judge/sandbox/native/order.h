/* What the runner and a fork server say to each other over SERVER_FD, a socket of whole messages. */
#ifndef PODIUM_ORDER_H
#define PODIUM_ORDER_H

#include <stdint.h>

enum { SERVER_FD = 63 }; /* the last descriptor that a program's limit lets be */

/* To the server, with the standard input of one run as a descriptor. The answer is the fork's pid or a negative errno.
   `key` is what the server's filter wants of a clone: its forks, which are under the same filter, do not know it. */
struct order {
  uint64_t cpu_backstop, key;
};

#endif
