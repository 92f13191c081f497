/* expect: AC - 1 GiB of static array, hardly touched */
#include <stdio.h>
static char a[1 << 30];
int main(void) {
  long n;
  a[1 << 29] = 1;
  if (scanf("%ld", &n) == 1) printf("%ld\n", 2 * n);
}
