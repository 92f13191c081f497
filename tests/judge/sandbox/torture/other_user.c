/* expect: AC - asks to be somebody else */
#define _GNU_SOURCE
#include <grp.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
  long n;
  gid_t groups[1] = { 0 };
  if (!setuid(0) || !setgid(0) || !setgroups(1, groups) || !setresuid(0, 0, 0)) return 1;
  if (getuid() == 0 || geteuid() == 0) return 2;
  if (scanf("%ld", &n) == 1) printf("%ld\n", 2 * n);
}
