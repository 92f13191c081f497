/* expect: AC - starts what it can, in vain, and answers */
#include <stdio.h>
#include <unistd.h>
int main(void) {
  long n;
  for (int i = 0; i < 1000; i++) if (fork() == 0) { setsid(); for (;;) pause(); }
  if (scanf("%ld", &n) == 1) printf("%ld\n", 2 * n);
}
