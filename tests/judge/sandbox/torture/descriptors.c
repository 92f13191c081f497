/* expect: AC - opens files until no more can be */
#include <fcntl.h>
#include <stdio.h>
int main(void) {
  long n;
  int count = 0;
  while (open("/dev/null", O_RDONLY) >= 0 && count < 100000) count++;
  if (count > 1000) return 1;
  if (scanf("%ld", &n) == 1) printf("%ld\n", 2 * n);
}
