/* expect: WA - the answer with a NUL behind it */
#include <stdio.h>
int main(void) {
  long n;
  if (scanf("%ld", &n) == 1) printf("%ld%c\n", 2 * n, 0);
}
