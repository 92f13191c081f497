/* expect: AC - reads its input, which is a file, twice */
#include <stdio.h>
#include <unistd.h>
int main(void) {
  char text[64];
  long n;
  if (read(0, text, sizeof text) <= 0 || lseek(0, 0, SEEK_SET)) return 1;
  if (scanf("%ld", &n) == 1) printf("%ld\n", 2 * n);
}
