/* expect: RE - the parent ends at once, a child is to go on and answer */
#include <stdio.h>
#include <unistd.h>
int main(void) {
  long n;
  pid_t pid = fork();
  if (pid > 0) return 0;
  if (pid < 0) return 3;
  sleep(1);
  if (scanf("%ld", &n) == 1) printf("%ld\n", 2 * n);
}
