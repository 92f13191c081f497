/* expect: AC - one byte at a time, with pauses */
#include <stdio.h>
#include <unistd.h>
int main(void) {
  long n;
  char text[32];
  if (scanf("%ld", &n) != 1) return 1;
  snprintf(text, sizeof text, "   %ld   \n", 2 * n);
  for (char *p = text; *p; p++) usleep(20000), write(1, p, 1);
}
