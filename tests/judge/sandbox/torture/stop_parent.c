/* expect: AC - stops, kills and renices whoever started it; nobody minds */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  long n;
  pid_t parent = getppid() ? getppid() : 1;
  kill(parent, SIGSTOP);
  kill(1, SIGKILL);
  kill(-1, SIGKILL);
  kill(0, SIGSTOP);
  syscall(SYS_tgkill, parent, parent, SIGKILL);
  setpriority(PRIO_PROCESS, (id_t)parent, 19);
  if (scanf("%ld", &n) == 1) printf("%ld\n", 2 * n);
}
