/* expect: AC - no line end */
#include <stdio.h>
int main(void) {
  long n;
  if (scanf("%ld", &n) == 1) printf("%ld", 2 * n);
}
