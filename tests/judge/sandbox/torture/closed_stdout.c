/* expect: WA - answers into a closed output */
#include <stdio.h>
#include <unistd.h>
int main(void) {
  long n;
  if (scanf("%ld", &n) != 1) return 1;
  close(1);
  printf("%ld\n", 2 * n);
}
