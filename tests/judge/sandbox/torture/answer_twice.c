/* expect: WA - the right answer, and again */
#include <stdio.h>
int main(void) {
  long n;
  if (scanf("%ld", &n) == 1) printf("%ld %ld\n", 2 * n, 2 * n);
}
